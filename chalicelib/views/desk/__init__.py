"""The addresses of the desk: each opens through one table of who may do what."""
