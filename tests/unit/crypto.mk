# Unit tests of crypto/.
