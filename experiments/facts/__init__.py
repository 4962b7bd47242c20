"""Facts: reported figures as targets, and the model's series they are compared with."""
