package io.tributary.core.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RemoteUrlTest {
  @ParameterizedTest
  @CsvSource({
    "http://h:8787, demo, ws://h:8787/event-log/demo",
    "http://h:8787/, demo, ws://h:8787/event-log/demo",
    "ws://h/event-log, demo, ws://h:80/event-log/demo",
    "WSS://h/event-log/, demo, wss://h:443/event-log/demo",
    "https://h/event-log/own, demo, wss://h:443/event-log/own",
    "ws://h:1/elsewhere, demo, ws://h:1/elsewhere",
    "ws://[::1]:8787, demo, ws://[::1]:8787/event-log/demo",
  })
  void appendsTheTenantOnlyWhereTheUrlHasNone(String base, String tenant, String url) {
    assertThat(RemoteUrl.build(base, tenant)).hasToString(url);
  }

  @Test
  void needsNoTenantWhereTheUrlNamesIt() {
    RemoteUrl url = RemoteUrl.build("wss://h/event-log/own?token=secret", null);

    assertThat(url).isEqualTo(new RemoteUrl("h", 443, "/event-log/own?token=secret", true));
    assertThat(url.toString()).doesNotContain("secret");
    assertThat(url.authority()).isEqualTo("h:443");
  }

  @Test
  void anAddressLosesItsBracketsAndItsAuthorityHasThem() {
    RemoteUrl url = RemoteUrl.build("ws://[::1]:8787/event-log/own", null);

    assertThat(url.host()).isEqualTo("::1");
    assertThat(url.authority()).isEqualTo("[::1]:8787");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ws://h", "ws://h/", "ws://h/event-log", "ws://h/event-log/"})
  void saysThatATenantIsNeeded(String base) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RemoteUrl.build(base, null))
        .withMessageContaining("tenant");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-x", "a/b", "a b", "bad%2Ftenant"})
  void refusesATenantThatTheHubWould(String tenant) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RemoteUrl.build("ws://h", tenant))
        .withMessageContaining("invalid tenant '" + tenant + "'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"h:8787", "ftp://h", "/event-log/x", "ws:///x", "ws://a b/", ""})
  void refusesWhatIsNoUrlOfAHub(String base) {
    assertThatIllegalArgumentException().isThrownBy(() -> RemoteUrl.build(base, "demo"));
  }

  @ParameterizedTest
  @CsvSource({
    "ws://h:8787, ws://h:8787/event-log",
    "ws://h:8787/event-log/, ws://h:8787/event-log",
    "ws://h:8787/elsewhere, ws://h:8787/elsewhere",
  })
  void aServerWithoutTenantsNeedsNone(String base, String url) {
    assertThat(RemoteUrl.withoutTenant(base)).hasToString(url);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ws://h/event-log?token=secret",
        "ftp://h/x?token=secret",
        "ws://me:secret@h/",
        "ws://h/a b?token=secret",
        "ws://h:99999/x?token=secret"
      })
  void saysNoCredentials(String base) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RemoteUrl.build(base, null))
        .withMessageNotContaining("secret");
  }
}
