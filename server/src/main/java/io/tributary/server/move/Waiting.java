package io.tributary.server.move;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.vertx.core.Future;
import java.io.InterruptedIOException;
import java.util.concurrent.ExecutionException;

/** Waits for a storage on a thread that may. */
final class Waiting {
  private Waiting() {}

  /** What the future brings. A failure is thrown as it is. */
  @CanIgnoreReturnValue
  static <T> T on(Future<T> future) throws InterruptedIOException {
    try {
      return future.toCompletionStage().toCompletableFuture().get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }
}
