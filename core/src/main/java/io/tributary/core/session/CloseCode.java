package io.tributary.core.session;

/** Why a WebSocket is closed (RFC 6455, section 7.4.1). Never 1000: a v3 client takes that as the end. */
public final class CloseCode {
  /** The hub is going away. */
  public static final int GOING_AWAY = 1001;

  /** A text frame. */
  public static final int UNSUPPORTED_DATA = 1003;

  /** Never sent: what is reported of a connection that ended without a close frame. */
  public static final int NO_CLOSE_FRAME = 1006;

  /** A frame that is no message. */
  public static final int INVALID_PAYLOAD = 1007;

  /** A message that is not allowed. */
  public static final int POLICY_VIOLATION = 1008;

  /** More bytes than a message may have. */
  public static final int TOO_BIG = 1009;

  /** The hub could not do it. */
  public static final int INTERNAL_ERROR = 1011;

  /** The peer is to connect again: what it connected to is not there any more. */
  public static final int SERVICE_RESTART = 1012;

  /** The hub has no room at the moment. */
  public static final int TRY_AGAIN_LATER = 1013;

  private CloseCode() {}
}
