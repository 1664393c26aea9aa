"""The WSGI application that Zappa serves: the same one that the jobs of this process use."""

from jobs.runtime import application

app = application()
