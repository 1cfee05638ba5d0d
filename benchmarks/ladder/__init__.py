"""Other ways to search, rung by rung from the predecessor's to ours."""
