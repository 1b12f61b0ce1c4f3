package io.tributary.server.config;

import io.tributary.client.sync.Preset;
import io.tributary.client.sync.RemoteOptions;
import io.tributary.client.sync.Selection;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The remote that this process's own replica syncs with.
 *
 * @param enabled whether there is a replica
 * @param role what the process is; counts only if enabled
 * @param url where the remote is; needed unless the process is a hub only
 * @param provider what kind of server it is
 * @param tenant whose event log it is, if the URL doesn't name it; null = that of the URL
 * @param syncInterval how often to reconcile; zero = never
 * @param connectTimeout how long to try to connect
 * @param disablePing whether to send no pings; null = as the provider needs it
 * @param strict whether writes wait for the remote
 * @param strictTimeout how long
 * @param encrypted whether entries are sealed
 * @param identity an identity or a bundle as text; null = one that is made at first start and kept in the storage
 * @param token null = none
 * @param carrier how the token travels
 * @param sync which stores are synced, beside the replica's own log
 */
public record RemoteConfig(
    boolean enabled,
    Role role,
    @Nullable String url,
    Preset provider,
    @Nullable String tenant,
    Duration syncInterval,
    Duration connectTimeout,
    @Nullable Boolean disablePing,
    boolean strict,
    Duration strictTimeout,
    boolean encrypted,
    @Nullable String identity,
    @Nullable String token,
    RemoteOptions.Carrier carrier,
    Selection sync) {
  /** What a process is. */
  public enum Role {
    /** A replica only. */
    CLIENT,
    /** A hub only. */
    SERVER,
    /** A hub, and a replica on its storage. */
    BOTH
  }

  /** Spelled out, because javac 17 loses a compact one's {@code @Nullable} for other modules. */
  public RemoteConfig(
      boolean enabled,
      Role role,
      @Nullable String url,
      Preset provider,
      @Nullable String tenant,
      Duration syncInterval,
      Duration connectTimeout,
      @Nullable Boolean disablePing,
      boolean strict,
      Duration strictTimeout,
      boolean encrypted,
      @Nullable String identity,
      @Nullable String token,
      RemoteOptions.Carrier carrier,
      Selection sync) {
    this.enabled = enabled;
    this.role = role;
    this.url = url;
    this.provider = provider;
    this.tenant = tenant;
    this.syncInterval = syncInterval;
    this.connectTimeout = connectTimeout;
    this.disablePing = disablePing;
    this.strict = strict;
    this.strictTimeout = strictTimeout;
    this.encrypted = encrypted;
    this.identity = identity;
    this.token = token;
    this.carrier = carrier;
    this.sync = sync;
  }

  /** No replica. */
  public static RemoteConfig defaults() {
    return new RemoteConfig(
        false,
        Role.CLIENT,
        null,
        Preset.TRIBUTARY,
        null,
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        null,
        false,
        Duration.ofSeconds(30),
        true,
        null,
        null,
        RemoteOptions.Carrier.BEARER,
        Selection.DEFAULT);
  }

  /** Whether the process is a hub. */
  public boolean hub() {
    return !enabled || role != Role.CLIENT;
  }

  /** Whether the process is a replica. */
  public boolean replica() {
    return enabled && role != Role.SERVER;
  }

  /**
   * The remote.
   *
   * @throws io.tributary.client.options.OptionsException naming what is wrong, without {@code remote}
   */
  public RemoteOptions options() {
    RemoteOptions.Builder options = RemoteOptions.builder(url == null ? "" : url)
        .name("remote")
        .provider(provider)
        .syncInterval(syncInterval)
        .connectTimeout(connectTimeout)
        .strict(strict)
        .strictTimeout(strictTimeout)
        .carrier(carrier)
        .sync(sync)
        .wire(encrypted ? RemoteOptions.Wire.V3 : RemoteOptions.Wire.V3_PLAINTEXT);
    if (tenant != null) {
      options.tenant(tenant);
    }
    if (token != null) {
      options.token(token);
    }
    if (disablePing != null) {
      options.disablePing(disablePing);
    }
    return options.build();
  }

  /** Without secrets. */
  @Override
  public String toString() {
    return "RemoteConfig[enabled=" + enabled + ", role=" + role + ", provider=" + provider + "]";
  }
}
