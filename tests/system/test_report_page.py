"""The report of a run in a browser: no complaint, the pointer is told what it is over, dragging zooms."""
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.support.wait import WebDriverWait

from test_browser import DESK, PHONE, Browser
from test_chaos import run, scenario

pytestmark = pytest.mark.alone


class Page(Browser):
    def __init__(self, file, size):
        super().__init__(file.as_uri(), size)

    def chart(self):
        chart = self.find("#latency")
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center', inline: 'start'})", chart)
        return chart

    def point_at(self, number):
        """The pointer goes to the mark of an answered request."""
        x, y = self.driver.execute_script("""
            const path = arguments[0].querySelector("#latency-ok").getAttribute("d");
            const found = [...path.matchAll(/M([\\d.]+) ([\\d.]+)/g)][arguments[1]];
            const at = new DOMPoint(+found[1], +found[2]).matrixTransform(arguments[0].getScreenCTM());
            return [Math.round(at.x), Math.round(at.y)];""", self.chart(), number)
        actions = ActionChains(self.driver)
        actions.w3c_actions.pointer_action.move_to_location(x, y)
        actions.perform()

    def marks(self):
        return self.find("#latency-ok").get_attribute("d").count("M")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    run(folder, scenario(folder, '[[fault]]\nkind = "kill"\ntarget = "cache:primary"\n'))
    return folder / "run" / "report.html"


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def page(request, report):
    one = Page(report, request.param)
    one.go("")
    yield one
    one.driver.quit()


def test_the_page_fits_and_the_browser_has_nothing_to_complain_about(page):
    page.look("report")
    assert page.driver.execute_script("return document.documentElement.scrollWidth") <= page.size[0]
    assert page.driver.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert page.complaints() == []


def test_the_pointer_is_told_which_request_it_is_over(page):
    page.point_at(0)
    tip = page.find("#latency-tip")
    WebDriverWait(page.driver, 10).until(lambda _: tip.is_displayed())
    assert " ms, " in tip.text and tip.text.split()[0] in ("browse", "cart", "order", "other"), tip.text


def test_dragging_zooms_and_the_button_shows_the_whole_run_again(page):
    if page.kind == "phone":
        return  # a finger scrolls; what is narrow has no mouse
    before = page.marks()
    ActionChains(page.driver).move_to_element_with_offset(page.chart(), -200, 0).click_and_hold().move_by_offset(
        100, 0).release().perform()
    whole = page.find("#latency-whole")
    WebDriverWait(page.driver, 10).until(lambda _: whole.is_displayed())
    assert page.marks() < before
    whole.click()
    assert page.marks() == before and not whole.is_displayed()
    assert page.complaints() == []
