"""What the results hang on: parameters, sizes, kinds of network, order of stages."""
