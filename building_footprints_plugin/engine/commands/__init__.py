"""One file per command of the engine; each offers `add_parser(subparsers)`, which names its `run(arguments, reporter)`."""
