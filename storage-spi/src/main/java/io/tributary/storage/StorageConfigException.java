package io.tributary.storage;

/** A part of the configuration that concerns storages is wrong. */
public final class StorageConfigException extends RuntimeException {
  private final String key;

  /**
   * @param key the key within the provider's section, as {@code dir}; {@code storage.provider} when
   *     there is no provider to ask
   * @param message what was found and what is allowed
   */
  public StorageConfigException(String key, String message) {
    super(message);
    this.key = key;
  }

  /** With why. */
  public StorageConfigException(String key, String message, Throwable cause) {
    super(message, cause);
    this.key = key;
  }

  /** The key within the provider's section, or {@code storage.provider}. */
  public String key() {
    return key;
  }
}
