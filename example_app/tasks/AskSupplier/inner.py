"""A task that fails, to show what is kept of a failure: the error, where it happened, and the next planned run."""


def customFunc():
    print("calling the supplier ...")
    return priceList()


def priceList():
    raise ConnectionError("the supplier's price list cannot be reached")
