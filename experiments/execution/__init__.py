"""Execution of long work: process pool, Ray, fingerprints of the program, journals, progress."""
