"""``python -m crawler``: the same as ``ringcx-crawler``."""

from crawler.cli import main

if __name__ == "__main__":
    main()
