package io.tributary.server.config;

import java.time.Duration;
import java.util.List;

/**
 * Everything a hub is told. Make one with {@link #defaults()} and the {@code with} methods, or read
 * one with {@link ConfigReader}.
 *
 * @param host address to bind to
 * @param port 0 = any free one
 * @param tcp the TCP listener
 * @param admin the admin listener
 * @param origins browser origins accepted beside the own host
 * @param hosts host names accepted beside the own one
 * @param auth tokens
 * @param storage where entries are kept
 * @param limits bounds
 * @param feed the live tail
 * @param retention what is removed after a while
 * @param shutdownGrace how long running writes may take to finish when the hub stops
 * @param log logging
 * @param insecureOpen whether it may listen beyond loopback without tokens
 */
public record HubConfig(
    String host,
    int port,
    TcpConfig tcp,
    AdminConfig admin,
    List<String> origins,
    List<String> hosts,
    AuthConfig auth,
    StorageConfig storage,
    LimitsConfig limits,
    FeedConfig feed,
    RetentionConfig retention,
    Duration shutdownGrace,
    LogConfig log,
    boolean insecureOpen) {
  public HubConfig {
    origins = List.copyOf(origins);
    hosts = List.copyOf(hosts);
  }

  /** What a hub does when told nothing. */
  public static HubConfig defaults() {
    return new HubConfig(
        "127.0.0.1",
        8787,
        TcpConfig.defaults(),
        AdminConfig.defaults(),
        List.of(),
        List.of(),
        AuthConfig.defaults(),
        StorageConfig.defaults(),
        LimitsConfig.defaults(),
        FeedConfig.defaults(),
        RetentionConfig.defaults(),
        Duration.ofSeconds(20),
        LogConfig.defaults(),
        false);
  }

  /** The same with another {@code host}. */
  public HubConfig withHost(String host) {
    return new HubConfig(
        host,
        port,
        tcp,
        admin,
        origins,
        hosts,
        auth,
        storage,
        limits,
        feed,
        retention,
        shutdownGrace,
        log,
        insecureOpen);
  }

  /** The same with another {@code port}. */
  public HubConfig withPort(int port) {
    return new HubConfig(
        host,
        port,
        tcp,
        admin,
        origins,
        hosts,
        auth,
        storage,
        limits,
        feed,
        retention,
        shutdownGrace,
        log,
        insecureOpen);
  }

  /** The same with another {@code tcp}. */
  public HubConfig withTcp(TcpConfig tcp) {
    return new HubConfig(
        host,
        port,
        tcp,
        admin,
        origins,
        hosts,
        auth,
        storage,
        limits,
        feed,
        retention,
        shutdownGrace,
        log,
        insecureOpen);
  }

  /** The same with another {@code admin}. */
  public HubConfig withAdmin(AdminConfig admin) {
    return new HubConfig(
        host,
        port,
        tcp,
        admin,
        origins,
        hosts,
        auth,
        storage,
        limits,
        feed,
        retention,
        shutdownGrace,
        log,
        insecureOpen);
  }

  /** The same with another {@code origins}. */
  public HubConfig withOrigins(List<String> origins) {
    return new HubConfig(
        host,
        port,
        tcp,
        admin,
        origins,
        hosts,
        auth,
        storage,
        limits,
        feed,
        retention,
        shutdownGrace,
        log,
        insecureOpen);
  }

  /** The same with another {@code hosts}. */
  public HubConfig withHosts(List<String> hosts) {
    return new HubConfig(
        host,
        port,
        tcp,
        admin,
        origins,
        hosts,
        auth,
        storage,
        limits,
        feed,
        retention,
        shutdownGrace,
        log,
        insecureOpen);
  }

  /** The same with another {@code auth}. */
  public HubConfig withAuth(AuthConfig auth) {
    return new HubConfig(
        host,
        port,
        tcp,
        admin,
        origins,
        hosts,
        auth,
        storage,
        limits,
        feed,
        retention,
        shutdownGrace,
        log,
        insecureOpen);
  }

  /** The same with another {@code storage}. */
  public HubConfig withStorage(StorageConfig storage) {
    return new HubConfig(
        host,
        port,
        tcp,
        admin,
        origins,
        hosts,
        auth,
        storage,
        limits,
        feed,
        retention,
        shutdownGrace,
        log,
        insecureOpen);
  }

  /** The same with another {@code limits}. */
  public HubConfig withLimits(LimitsConfig limits) {
    return new HubConfig(
        host,
        port,
        tcp,
        admin,
        origins,
        hosts,
        auth,
        storage,
        limits,
        feed,
        retention,
        shutdownGrace,
        log,
        insecureOpen);
  }

  /** The same with another {@code feed}. */
  public HubConfig withFeed(FeedConfig feed) {
    return new HubConfig(
        host,
        port,
        tcp,
        admin,
        origins,
        hosts,
        auth,
        storage,
        limits,
        feed,
        retention,
        shutdownGrace,
        log,
        insecureOpen);
  }

  /** The same with another {@code retention}. */
  public HubConfig withRetention(RetentionConfig retention) {
    return new HubConfig(
        host,
        port,
        tcp,
        admin,
        origins,
        hosts,
        auth,
        storage,
        limits,
        feed,
        retention,
        shutdownGrace,
        log,
        insecureOpen);
  }

  /** The same with another {@code shutdownGrace}. */
  public HubConfig withShutdownGrace(Duration shutdownGrace) {
    return new HubConfig(
        host,
        port,
        tcp,
        admin,
        origins,
        hosts,
        auth,
        storage,
        limits,
        feed,
        retention,
        shutdownGrace,
        log,
        insecureOpen);
  }

  /** The same with another {@code log}. */
  public HubConfig withLog(LogConfig log) {
    return new HubConfig(
        host,
        port,
        tcp,
        admin,
        origins,
        hosts,
        auth,
        storage,
        limits,
        feed,
        retention,
        shutdownGrace,
        log,
        insecureOpen);
  }

  /** The same with another {@code insecureOpen}. */
  public HubConfig withInsecureOpen(boolean insecureOpen) {
    return new HubConfig(
        host,
        port,
        tcp,
        admin,
        origins,
        hosts,
        auth,
        storage,
        limits,
        feed,
        retention,
        shutdownGrace,
        log,
        insecureOpen);
  }
}
