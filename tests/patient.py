"""`python -m tests.patient`: the server, with limits of time that no busy machine comes near."""

from dataclasses import replace
from typing import Any

from fastapi import FastAPI

import app.main
import app.web.answering
from app.__main__ import main
from app.workers.job import Job

TIMES = 10  # as long as a visitor's question may take
app.web.answering.PAGE_SECONDS = 600.0
create_app = app.main.create_app


def patient(*settings: Any, **more: Any) -> FastAPI:
    """The app; the work that it may do is as bounded as ever."""
    found = create_app(*settings, **more)
    submit = found.state.executor.submit

    def wait(job: Any, *args: Any) -> Any:
        return submit(
            replace(job, seconds=TIMES * job.seconds) if isinstance(job, Job) else job, *args
        )

    found.state.executor.submit = wait
    return found


if __name__ == "__main__":
    app.web.answering.PAGE_SECONDS = 30.0  # a browser does not wait for a page for ever
    app.main.create_app = patient
    main()
