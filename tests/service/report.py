"""What a check of running services has found, told at its end."""


class Report:
    def __init__(self):
        self.checks = 0
        self.failures = []

    def expect(self, what, findings):
        self.checks += 1
        self.failures += [f"{what}: {finding}" for finding in findings]

    def stop(self, services):
        """Ends the services, the last one first; one that does not end well is a finding."""
        for name, service in reversed(services.items()):
            status = service.stop()
            self.expect(f"{name} ends", [] if status == 0 else [f"{status}\n{service.log()}"])

    def finish(self):
        for failure in self.failures:
            print(failure)
        print(f"{self.checks} checks, {len(self.failures)} failures")
        return 1 if self.failures else 0
