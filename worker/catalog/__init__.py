"""The catalog: outlets and feeds as files name them, changes to these files, and other forms of them."""
