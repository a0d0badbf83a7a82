"""Tables -> metrics: neither networks nor pictures are read here."""
