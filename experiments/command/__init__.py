"""The command line: studies, settings composed by Hydra, checks before any work, completion."""
