"""Takes pictures of every page of the app."""
