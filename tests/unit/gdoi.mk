# Unit tests of gdoi/.
