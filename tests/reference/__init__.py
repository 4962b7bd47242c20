"""The compiled users against a slow, plain one-object-a-user model."""
