"""One file per command; each offers `add_parser(subparsers)`, which names its `run(arguments, reporter)`."""
