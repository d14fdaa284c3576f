"""Setting the second factor up with a phone: the picture can be read, the codes can be written down."""

import io
from urllib.parse import parse_qs, urlsplit

import pyotp
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect


def test_a_phone_reads_the_picture_and_the_codes_stand_in_lines(page: Page) -> None:
    page.goto("/account/factor")
    shown = Image.open(io.BytesIO(page.locator(".factor-picture").screenshot()))
    (found,) = zxingcpp.read_barcodes(shown)
    secret = parse_qs(urlsplit(found.text).query)["secret"][0]
    expect(page.get_by_text(secret)).to_be_visible()
    assert shown.width >= 150

    page.get_by_label("验证器显示的验证码").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="继续").click()
    page.wait_for_url("**/account")
    sentence, *codes = page.locator(".alert-lines").inner_text().split("\n")
    assert sentence.startswith("请抄下")
    assert [len(code) for code in codes] == [17] * 10
