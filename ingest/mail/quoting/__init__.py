"""What a person wrote in a mail, apart from quoted mail, signatures and notices."""
