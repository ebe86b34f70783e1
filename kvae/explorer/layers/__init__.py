"""What layers and operations of Keras become in a page, a file per kind."""
