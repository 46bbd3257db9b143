"""The shop in a real browser: Chromium, by pointer and by keyboard, on a desk and on a phone; its accessibility
by axe-core, its HTML by html-validate. Set MULTIAZ_SCREENSHOTS to a folder to look at the pages."""
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from cluster import ROOT, Cluster
from web_shop import Shopper

PASSWORD = "correct horse"
DESK, PHONE = (1280, 900), (390, 844)


@pytest.fixture(scope="module")
def tools():
    """axe-core and html-validate, installed once a build folder."""
    folder = ROOT / "build" / "browser"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = (ROOT / "tests/browser/package-lock.json").read_text()
    stamp = folder / "installed"
    if not stamp.exists() or stamp.read_text() != wanted:
        for name in ("package.json", "package-lock.json", "htmlvalidate.json"):
            shutil.copy(ROOT / "tests/browser" / name, folder / name)
        done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True,
                              timeout=110)
        assert done.returncode == 0, done.stdout + done.stderr
        stamp.write_text(wanted)
    return folder


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    toml = "[web]\ncount = 2\n[cache]\ncount = 2\n[db]\nreplicas = 0\n"
    with Cluster(tmp_path_factory.mktemp("browser"), name="browser", toml=toml) as one:
        yield one


class Browser:
    def __init__(self, base, size):
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
                     "--hide-scrollbars", "--no-proxy-server"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
        # Not the window: a headless one does not get as narrow as a phone.
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": size[0], "height": size[1], "deviceScaleFactor": 1,
                                     "mobile": size == PHONE})
        self.base, self.size = base, size
        self.kind = "phone" if size == PHONE else "desk"

    def go(self, path):
        self.driver.get(self.base + path)

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector="main"):
        return self.find(selector).text

    def click(self, selector):
        element = self.find(selector)
        page = self.find("html")
        element.click()
        # A click that leads to another page: the old one must be gone before we look.
        WebDriverWait(self.driver, 20).until(lambda _: self.gone(page))

    @staticmethod
    def gone(element):
        try:
            element.tag_name
            return False
        except Exception:  # noqa: BLE001 (StaleElementReference, or the page is in between)
            return True

    def fill(self, form, **values):
        for name, value in values.items():
            field = self.find(f'form[action="{form}"] [name="{name}"]')
            field.clear()
            field.send_keys(value)

    def path(self):
        return self.driver.current_url.removeprefix(self.base)

    def look(self, name):
        folder = os.environ.get("MULTIAZ_SCREENSHOTS")
        if not folder:
            return
        Path(folder).mkdir(parents=True, exist_ok=True)
        height = self.driver.execute_script("return document.documentElement.scrollHeight")
        width = self.driver.execute_script("return document.documentElement.clientWidth")
        self.driver.set_window_size(width, height)
        self.driver.save_screenshot(str(Path(folder) / f"{self.kind}-{name}.png"))

    def complaints(self):
        """What the browser itself found wrong: refused scripts, missing files, blocked styles."""
        return [entry["message"] for entry in self.driver.get_log("browser")]


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def browser(request, cluster):
    one = Browser(cluster.endpoints["shop"], request.param)
    yield one
    one.driver.quit()


def register(browser, email):
    browser.go("/register")
    browser.fill("/register", name="Ada Lovelace", email=email, password=PASSWORD)
    browser.click('form[action="/register"] button')


def test_a_shopper_browses_searches_orders_and_sees_the_order(browser):
    email = f"{browser.kind}@example.com"
    browser.go("/")
    browser.look("home")
    browser.fill("/shop", q="linen")
    browser.click('form[action="/shop"] button')
    assert "linen" in browser.text().lower()
    browser.look("search")
    browser.click('main a[href^="/product/"]')
    name = browser.text("h1")
    assert "Linen" in name
    browser.find('input[name="size"]:not([disabled])').click()
    browser.fill("/cart/add", qty="2")
    browser.look("product")
    browser.click('form[action="/cart/add"] button')
    assert name in browser.text() and "It is in your cart." in browser.text()
    browser.look("cart")

    browser.go("/checkout")
    assert browser.path().startswith("/login"), "an order needs an account"
    browser.look("login")
    browser.click('main a[href^="/register"]')
    browser.fill("/register", name="Ada Lovelace", email=email, password=PASSWORD)
    browser.click('form[action="/register"] button')
    assert browser.path() == "/checkout" and name in browser.text(), "the cart came along"
    browser.go("/account")
    browser.fill("/account/address", recipient="Ada Lovelace", street="12 St James's Square", city="London",
                 postcode="SW1Y", country="England")
    browser.look("account")
    browser.click('form[action="/account/address"] button')
    assert "Your address is saved." in browser.text()

    browser.click('form[action="/logout"] button')
    browser.go("/login")
    browser.fill("/login", email=email, password=PASSWORD)
    browser.click('form[action="/login"] button')
    browser.go("/checkout")
    browser.look("checkout")
    browser.click('form[action="/checkout"] button')
    assert "Thank you!" in browser.text() and name in browser.text() and "London" in browser.text()
    browser.look("order")
    order = browser.path().rsplit("/", 1)[-1].split("?")[0]
    browser.go("/orders")
    assert order in browser.find("main").get_attribute("innerHTML")
    browser.look("orders")
    assert browser.complaints() == []


def test_everything_can_be_done_by_keyboard(cluster):
    browser = Browser(cluster.endpoints["shop"], DESK)
    try:
        def press(*keys):
            webdriver.ActionChains(browser.driver).send_keys(*keys).perform()

        def focused(field):
            return browser.driver.switch_to.active_element.get_attribute(field)

        def tab_to(wanted, field="name"):
            for _ in range(80):
                if focused(field) == wanted:
                    return
                press(Keys.TAB)
            raise AssertionError(f"tabbing never reaches {field} {wanted}")

        browser.go("/")
        press(Keys.TAB)
        assert focused("className") == "skip", "the first stop leads past the navigation"
        tab_to("q")
        outline = browser.driver.execute_script(
            "const s = getComputedStyle(document.activeElement); return s.outlineStyle + s.boxShadow + s.borderColor")
        assert outline != "nonenone", "one sees where one is"
        press("shirt", Keys.ENTER)
        WebDriverWait(browser.driver, 20).until(lambda _: browser.path().startswith("/shop?"))
        link = browser.find('main a[href^="/product/"]').get_attribute("href")
        tab_to(link, "href")
        press(Keys.ENTER)
        WebDriverWait(browser.driver, 20).until(lambda _: "/product/" in browser.path())
        tab_to("size")
        press(Keys.SPACE)
        tab_to("qty")
        press(Keys.ENTER)
        WebDriverWait(browser.driver, 20).until(lambda _: browser.path().startswith("/cart"))
        assert "It is in your cart." in browser.text()
    finally:
        browser.driver.quit()


PAGES = ["/", "/shop", "/shop?q=coat&page=2", "/shop?q=nothing-like-this", "/shop?category=shoes", "/product/7", "/cart",
         "/checkout", "/account", "/orders", "/no/such/page", "/product/999999"]


def test_axe_finds_nothing_and_no_page_scrolls_sideways(browser, tools):
    axe = (tools / "node_modules/axe-core/axe.min.js").read_text()
    seen = []

    def check(path):
        browser.go(path)
        browser.driver.execute_script(axe)
        result = browser.driver.execute_async_script(
            "const done = arguments[0]; axe.run({resultTypes: ['violations']}).then(done)")
        assert len(result["passes"]) > 5, "axe looked at nothing"
        for one in result["violations"]:
            seen.append(f"{path}: {one['id']}: {one['help']}: {[node['html'] for node in one['nodes']][:2]}")
        wide = browser.driver.execute_script(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is {wide} pixels wider than the {browser.kind}"

    for path in ("/login", "/register"):
        check(path)
    register(browser, f"axe-{browser.kind}@example.com")
    browser.go("/product/7")
    browser.find('input[name="size"]:not([disabled])').click()
    browser.click('form[action="/cart/add"] button')
    for path in PAGES:
        check(path)
    browser.go("/checkout")
    browser.click('form[action="/checkout"] button')
    check(browser.path())
    check("/orders")
    assert seen == []


def test_the_html_is_valid(cluster, tools, tmp_path):
    class At:
        url = cluster.endpoints["shop"]

    shopper = Shopper(None, At)
    pages = {}

    def keep(answer):
        pages[f"{len(pages):02}{answer.url.path.replace('/', '-')}.html"] = answer.text

    for path in ("/login", "/register", "/checkout"):
        keep(shopper.get(path, follow_redirects=True))
    shopper.sign_up(name="<Ada> & \"Co\" 'x'")
    shopper.add()
    for path in PAGES:
        keep(shopper.get(path, follow_redirects=True))
    order = shopper.check_out().json()["order"]
    for path in ("/orders", f"/orders/{order}"):
        keep(shopper.get(path))
    keep(shopper.post("/login", data={"csrf": "wrong"}))
    for name, text in pages.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "broken.html").write_text("<!doctype html><p><div></p><img src=x>")
    command = [tools / "node_modules/.bin/html-validate", "--config", tools / "htmlvalidate.json", "--formatter", "text"]
    broken = subprocess.run([*command, tmp_path / "broken.html"], capture_output=True, text=True, timeout=60)
    assert broken.returncode != 0, "the validator finds nothing wrong in a broken page"
    done = subprocess.run([*command, *sorted(tmp_path.glob("[0-9]*.html"))], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout
