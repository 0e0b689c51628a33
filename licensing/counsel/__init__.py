"""What a studio's counsel does: rows of the rule tables, opinions, the queue."""
