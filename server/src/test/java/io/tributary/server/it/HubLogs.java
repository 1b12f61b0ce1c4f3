package io.tributary.server.it;

import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.BeforeTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Prints what the hubs had to say when a test fails. */
final class HubLogs implements BeforeTestExecutionCallback, AfterTestExecutionCallback {
  private static final int LINES = 60;

  @Override
  public void beforeTestExecution(ExtensionContext context) {
    HubProcess.forgetClosed();
  }

  @Override
  public void afterTestExecution(ExtensionContext context) {
    if (context.getExecutionException().isPresent()) {
      System.out.println(context.getDisplayName() + " failed; the hubs' last lines:\n"
          + HubProcess.logTails(LINES));
    }
  }
}
