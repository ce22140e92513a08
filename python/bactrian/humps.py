"""One hump or two: is the middle of the market gone?

>>> import bactrian as bt
>>> prices = [9.0 + 0.1 * (i % 11) for i in range(150)] + [30.0 + 0.3 * (i % 11) for i in range(150)]
>>> dip, p = bt.humps.dip_test(prices)
>>> p < 0.01, bt.humps.two_humps(prices).claim
(True, 'effect')
"""

from bactrian._native import dip_test, service_plan, two_humps

__all__ = ["dip_test", "service_plan", "two_humps"]
