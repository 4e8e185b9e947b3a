"""The inner function of the task: JitAi calls it `customFunc`."""

from jit.commons.utils.logger import log


def customFunc():
    story = app.getElement("services.CustomerSvc").visit()
    log.info(story)
    return story
