"""What the project is held against: a slow, plain one-object-a-user model of the users, and a published learner."""
