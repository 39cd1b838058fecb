"""Rules only: nothing here knows of Flask, SQL or the clock."""
