package io.tributary.server.admin;

import io.tributary.server.move.MoveException;
import io.tributary.server.retention.RetentionBusyException;
import io.tributary.server.runtime.ProcessingException;
import io.tributary.server.runtime.RequestRefusedException;
import io.tributary.storage.FencedException;
import io.tributary.storage.RegistryException;
import io.tributary.storage.StorageException;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/** An admin request's answer is no. */
public final class AdminException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String code;
  private final @Nullable String field;

  /**
   * A refusal.
   *
   * @param status HTTP status
   * @param code for programs, as {@code NotFound}
   * @param message for operators
   * @param field the parameter or field of the body that is wrong, if one is
   */
  public AdminException(int status, String code, String message, @Nullable String field) {
    super(message);
    this.status = status;
    this.code = code;
    this.field = field;
  }

  static AdminException badField(String field, String message) {
    return new AdminException(400, "InvalidRequest", message, field);
  }

  static AdminException notFound(String message) {
    return new AdminException(404, "NotFound", message, null);
  }

  /** What a failure is to whoever asked; a 500 is a mistake of ours. */
  public static AdminException of(Throwable failure) {
    AdminException refusal;
    if (failure instanceof AdminException own) {
      return own;
    } else if (failure instanceof RegistryException registry) {
      refusal = switch (registry.reason()) {
        case NOT_MAPPED -> new AdminException(404, "NotMapped", words(failure), null);
        case ALREADY_ASSIGNED ->
          new AdminException(
              409, "AlreadyAssigned", words(failure) + ": remove that mapping first", null);
        case REMOVED ->
          new AdminException(
              409,
              "Removed",
              words(failure) + ": it is made again only with --force (force: true)",
              null);
        case UNAVAILABLE -> new AdminException(503, "Unavailable", words(failure), null);
      };
    } else if (failure instanceof RetentionBusyException || failure instanceof FencedException) {
      refusal = new AdminException(409, "Busy", words(failure), null);
    } else if (failure instanceof MoveException) {
      refusal = new AdminException(400, "Rejected", words(failure), null);
    } else if (failure instanceof RequestRefusedException refused) {
      refusal = switch (refused.code()) {
        case InvalidRequest -> new AdminException(400, "InvalidRequest", words(failure), null);
        case Unauthorized -> new AdminException(403, "Forbidden", words(failure), null);
        case InternalServerError -> new AdminException(503, "Unavailable", words(failure), null);
      };
    } else if (failure instanceof ProcessingException) {
      refusal = new AdminException(503, "Unavailable", words(failure), null);
    } else if (failure instanceof StorageException storage) {
      refusal = storage.outcome() == StorageException.Outcome.REJECTED
          ? new AdminException(400, "Rejected", words(failure), null)
          : new AdminException(503, "Unavailable", words(failure), null);
    } else {
      refusal = new AdminException(
          500, "InternalServerError", "The request failed; the hub's log says why", null);
    }
    refusal.initCause(failure);
    return refusal;
  }

  private static String words(Throwable failure) {
    return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
  }

  /** HTTP status. */
  public int status() {
    return status;
  }

  /** For programs. */
  public String code() {
    return code;
  }

  /** {@code {error: {code, message, field?}}}. */
  JsonObject toJson() {
    JsonObject error = new JsonObject().put("code", code).put("message", getMessage());
    return new JsonObject().put("error", field == null ? error : error.put("field", field));
  }
}
