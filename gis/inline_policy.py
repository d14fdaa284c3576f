"""A page that carries its scripts and styles with it, and allows no others."""

import base64
import hashlib
import re

INLINE = re.compile(r"<(script|style)\b[^>]*>(.*?)</\1\s*>", re.DOTALL | re.IGNORECASE)
META = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')


def sealed(page: str) -> str:
    """Write into the head of a page a policy that allows exactly its own inline scripts and styles.

    The policy works wherever the page is opened, from a server or from a disk: what somebody smuggles into it later,
    by a name that becomes markup, does not run.

    Parameters
    ----------
    page : an HTML document with a head, whose scripts and styles all stand inside it

    Returns
    -------
    str
        The same document, with line ends as browsers see them (which is what they hash).

    Raises
    ------
    ValueError
        When the page has no head.

    Examples
    --------
    >>> policy_of(sealed("<html><head></head><body><script>1</script></body></html>"))[:33]
    "default-src 'none'; img-src data:"
    """
    page = page.replace("\r\n", "\n").replace("\r", "\n")
    before, head, after = page.partition("<head>")
    if not head:
        raise ValueError("the page has no head")
    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for kind, text in INLINE.findall(page):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        hashes[kind.lower()].append(f"'sha256-{digest}'")
    own = [f"{kind}-src {' '.join(known)}" for kind, known in hashes.items() if known]
    policy = "; ".join(["default-src 'none'", "img-src data:", *own, "base-uri 'none'", "form-action 'none'"])
    return f'{before}{head}\n<meta http-equiv="Content-Security-Policy" content="{policy}">{after}'


def policy_of(page: str) -> str:
    """The policy that `sealed` has written into a page, of which the first part is enough.

    Raises
    ------
    ValueError
        When there is none.
    """
    found = META.search(page)
    if found is None:
        raise ValueError("the page has no policy of its own")
    return found[1]
