"""Pictures of every page of the app."""
