"""Weights on disk: our folders, OpenAI's files, diffusers' folders, the hub; models by name."""
