"""One file per command of the training; each offers `add_parser(subparsers)`, which names its `run(arguments)`."""
