"""Keys, certificates and time stamps: what makes others believe a signature."""
