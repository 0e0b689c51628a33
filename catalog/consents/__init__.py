"""What a consent is made of, without any database: who may give it, its terms, its life."""
