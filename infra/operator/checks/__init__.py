"""What `relais doctor` looks at: each check returns a sentence that says what is wrong and what to
do, or None."""
