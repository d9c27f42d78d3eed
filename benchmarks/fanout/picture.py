"""`python -m benchmarks.fanout.picture FILE`: two browsers beside a thousand sessions, in one picture."""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Page, async_playwright

from benchmarks.fanout.rig import server
from benchmarks.fanout.swarm import Swarm

SESSIONS = int(os.environ.get("BENCH_SESSIONS", "1000"))
SETTLE = 6.0
"""Seconds that a browser without a graphics card is given to paint."""
FLAGS = ("--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader")
BESIDE = """<body style="margin:0;display:flex;gap:12px;background:#888">
<img src="{0}" width="50%"><img src="{1}" width="50%"></body>"""


async def main(out: Path) -> None:
    """Take it while 100 messages a second flow."""
    with server("ours", BENCH_NEW_SESSIONS="1000") as rival, tempfile.TemporaryDirectory() as folder:
        swarm = Swarm(rival.port, rival.zero)
        await swarm.open_all(["/"] * SESSIONS)
        rival.tell("rate 100")
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS
            )
            pages = []
            for route in ("/", "/system"):
                page = await browser.new_page(viewport={"width": 1100, "height": 900})
                await page.goto(f"http://127.0.0.1:{rival.port}{route}")
                pages.append(page)
            await asyncio.sleep(4 * SETTLE)
            shots = [await _shot(page, Path(folder) / f"{number}.png") for number, page in enumerate(pages)]
            beside = await browser.new_page(viewport={"width": 1600, "height": 660})
            file = Path(folder) / "beside.html"
            file.write_text(BESIDE.format(*shots))
            await beside.goto(file.as_uri())
            await beside.screenshot(path=out)
            await browser.close()
        swarm.close()


async def _shot(page: Page, file: Path) -> str:
    await page.screenshot(path=file)
    return file.as_uri()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
