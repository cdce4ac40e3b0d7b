"""Makes the weights: prepare images and labels, train, evaluate, export. `python -m training --help` shows the way."""
