/* What the GDOI engines share among themselves. */
#ifndef GDOI_GDOI_PRIV_H
#define GDOI_GDOI_PRIV_H
#include "gdoi/gdoi.h"
#endif
