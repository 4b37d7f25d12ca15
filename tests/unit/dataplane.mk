# Unit tests of dataplane/.
