package io.tributary.server.runtime;

/** A {@link HubAuth} says no. */
public final class HubAuthException extends RuntimeException {
  /** Why. */
  public enum Reason {
    /** It is not known who asks. */
    UNAUTHORIZED,
    /** Who asks may not do that. */
    FORBIDDEN
  }

  private static final long serialVersionUID = 1L;

  private final Reason reason;
  private final String publicKey;

  /**
   * A refusal.
   *
   * @param publicKey the key concerned
   * @param message goes to the client and into the log: no secrets, no payloads
   */
  public HubAuthException(Reason reason, String publicKey, String message) {
    super(message);
    this.reason = reason;
    this.publicKey = publicKey;
  }

  /** Why. */
  public Reason reason() {
    return reason;
  }

  /** The key concerned. */
  public String publicKey() {
    return publicKey;
  }
}
