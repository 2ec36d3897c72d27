"""What the stages ask of the state of record: one port a stage, each with its job and its effects as values.

Every port keeps the same promise. `begin` takes a claimed row or returns None when somebody else has it. `finish` writes all
effects and the row's next state in one transaction; it writes nothing and returns None when the claim is over.
"""
