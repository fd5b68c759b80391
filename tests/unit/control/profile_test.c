/* SPDX-License-Identifier: BSD-3-Clause */
/* profile_test.c - every shipped profile reads; wrong ones are refused by file and line. */
#include <dirent.h>

#include "control/profile.h"
#include "tests/check.h"

static const char *drivers_dir;
static char error[PROFILE_ERROR];

static const char good[] = "# a comment\n"
			   "kind = vdev\n"
			   "device = net_x{number}\n"
			   "arguments = iface={device},q={queue},n={queues}\n"
			   "queues_max = 4\n"
			   "rx_descriptors = 512\n"
			   "\n"
			   "tx_descriptors=256\n"
			   "  mtu_max =  1500  \n"
			   "set_mtu = no\n"
			   "data_room_max = 3840\n"
			   "buffer_overhead = 256\n"
			   "rx_checksum = yes\n"
			   "mbufs_min = 4095\n"
			   "huge_pages = no\n"
			   "bind = none\n"
			   "advice = one\n"
			   "advice = two";

static const struct profile_use use = {
    .device = "px0", .args = "", .number = 3, .queues = 2, .queue = 1, .mtu = 1500};

static struct profile parse_good(void)
{
	struct profile p = {0};

	CHECK(profile_parse("x.conf", good, &p, error));
	return p;
}

static void reads_every_shipped_profile(void)
{
	static const char *const wanted[] = {"af_xdp",      "af_packet", "tap",     "memif",
					     "virtio_user", "mlx5",      "ice",     "i40e",
					     "ixgbe",       "ena",       "vmxnet3", "virtio"};
	DIR *dir = opendir(drivers_dir);
	struct dirent *entry;
	struct profile p;
	char name[64];
	int count = 0;

	CHECK(dir != NULL);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		const size_t len = strlen(entry->d_name);
		struct profile_use u = use;
		struct port_setup port;
		char value[PROFILE_TEXT];

		if (len < 6 || len > 60 || strcmp(entry->d_name + len - 5, ".conf") != 0)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(len - 5), entry->d_name);
		count++;
		error[0] = '\0';
		CHECK(profile_load(drivers_dir, name, &p, error));
		CHECK(profile_eal_value(&p, &u, value, error));
		CHECK(profile_port(&p, &u, &port, error));
		CHECK(profile_data_room(&p, 1500) >= 1500 + 14 + 128 + p.buffer_overhead);
		if (error[0] != '\0')
			fprintf(stderr, "%s\n", error);
	}
	if (dir != NULL)
		closedir(dir);
	CHECK(count >= (int)ARRAY_LEN(wanted));
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		CHECK(profile_load(drivers_dir, wanted[i], &p, error));
}

static void says_what_af_xdp_needs(void)
{
	struct profile_use u = use;
	struct port_setup port;
	struct profile p = {0};
	char value[PROFILE_TEXT];

	CHECK(profile_load(drivers_dir, "af_xdp", &p, error));
	CHECK_EQ(profile_devices(&p, 2), 2);
	CHECK_STR(profile_eal_option(&p), "--vdev");
	CHECK(profile_eal_value(&p, &u, value, error));
	CHECK_STR(value, "net_af_xdp3,iface=px0,start_queue=1,queue_count=1,busy_budget=0");
	CHECK(profile_port(&p, &u, &port, error));
	CHECK_STR(port.device, "net_af_xdp3");
	CHECK_EQ(port.queues, 1);
	CHECK_EQ(profile_data_room(&p, 3442), 3840);
}

static void says_what_a_pci_device_needs(void)
{
	struct profile_use u = use;
	struct port_setup port;
	struct profile p = {0};
	char value[PROFILE_TEXT];

	u.device = "0000:03:00.0";
	u.args = "safe-mode-support=1";
	u.own_mac = true;
	CHECK(profile_load(drivers_dir, "ice", &p, error));
	CHECK_EQ(profile_devices(&p, 2), 1);
	CHECK_STR(profile_eal_option(&p), "-a");
	CHECK(profile_eal_value(&p, &u, value, error));
	CHECK_STR(value, "0000:03:00.0,safe-mode-support=1");
	CHECK(profile_port(&p, &u, &port, error));
	CHECK_STR(port.device, "0000:03:00.0");
	CHECK_EQ(port.queues, 2);
	CHECK(port.set_mtu && port.promiscuous && port.rx_checksum && !port.rx_checksum_trust);
}

static void fills_in_its_templates(void)
{
	struct profile_use u = use;
	struct profile p = parse_good();
	struct port_setup port;
	char value[PROFILE_TEXT];

	u.args = "more=1";
	u.checksum_trust = true;
	CHECK(profile_eal_value(&p, &u, value, error));
	CHECK_STR(value, "net_x3,iface=px0,q=1,n=2,more=1");
	CHECK(profile_port(&p, &u, &port, error));
	CHECK_STR(port.device, "net_x3");
	CHECK_EQ(port.rx_descriptors, 512);
	CHECK_EQ(port.tx_descriptors, 256);
	CHECK_EQ(port.mtu, 1500);
	CHECK(!port.set_mtu && !port.promiscuous && port.rx_checksum_trust);
}

static void names_line_and_key(void)
{
	static const struct {
		const char *line, *complaint;
	} rows[] = {
	    {"colour = red", "x.conf:19: colour: is no key of a profile"},
	    {"kind = vdev", "x.conf:19: kind: is given twice"},
	    {"nonsense", "x.conf:19: nonsense: is not \"key = value\""},
	    {"= 3", "x.conf:19: : is no key"},
	    {"rx_checksum_trust = maybe",
	     "x.conf:19: rx_checksum_trust: must be \"no\" or \"yes\", not \"maybe\""},
	    {"single_file_segments =", "x.conf:19: single_file_segments: must be"},
	};
	struct profile p;
	char text[2048];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(text, sizeof(text), "%s\n%s\n", good, rows[i].line);
		CHECK(!profile_parse("x.conf", text, &p, error));
		CHECK(strncmp(error, rows[i].complaint, strlen(rows[i].complaint)) == 0);
		if (check_bad_now > 0)
			fprintf(stderr, "%s\n", error);
	}
}

/* @from in the good profile becomes @to; the complaint must hold @complaint. */
static bool is_refused(const char *from, const char *to, const char *complaint)
{
	const char *at = strstr(good, from);
	struct profile p;
	char text[4096];

	if (at == NULL)
		return false;
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
	error[0] = '\0';
	if (!profile_parse("x.conf", text, &p, error) && strstr(error, complaint) != NULL)
		return true;
	fprintf(stderr, "%s -> %s: %s\n", from, to, error);
	return false;
}

static void refuses_wrong_values(void)
{
	CHECK(is_refused("queues_max = 4", "queues_max = 0", "x.conf:5: queues_max"));
	CHECK(is_refused("queues_max = 4", "queues_max = 4x", "from 1 to 1024, not \"4x\""));
	CHECK(is_refused("queues_max = 4", "queues_max = -4", "queues_max"));
	CHECK(is_refused("queues_max = 4", "queues_max = 99999999999999999999", "queues_max"));
	CHECK(is_refused("kind = vdev", "kind = usb", "x.conf:2: kind"));
	CHECK(is_refused("net_x{number}", "net_x{index}", "x.conf:3: device"));
	CHECK(is_refused("net_x{number}", "net_x {number}", "x.conf:3: device"));
	CHECK(is_refused("mbufs_min = 4095\n", "", "x.conf: key mbufs_min is missing"));
	CHECK(is_refused("kind = vdev\n", "", "x.conf: key kind is missing"));
}

static void refuses_lines_without_end(void)
{
	static char text[8192];
	struct profile p;

	memset(text, 'a', sizeof(text) - 1);
	CHECK(!profile_parse("x.conf", text, &p, error));
	CHECK(strncmp(error, "x.conf:1: line", 14) == 0);
	memcpy(text, "bind = ", 7);
	text[700] = '\0';
	CHECK(!profile_parse("x.conf", text, &p, error));
	CHECK(strncmp(error, "x.conf:1: bind: is longer", 25) == 0);
}

static void refuses_wrong_use(void)
{
	struct profile p = parse_good();
	struct profile_use u = use;
	struct port_setup port;
	char value[PROFILE_TEXT], args[300];

	u.device = "px0,evil=1";
	CHECK(!profile_eal_value(&p, &u, value, error));
	u.device = "";
	CHECK(!profile_port(&p, &u, &port, error));
	u = use;
	u.args = "a b";
	CHECK(!profile_eal_value(&p, &u, value, error));
	memset(args, 'a', sizeof(args) - 1);
	args[sizeof(args) - 1] = '\0';
	u.args = args;
	CHECK(!profile_eal_value(&p, &u, value, error));
	u = use;
	u.queues = 5;
	CHECK(!profile_port(&p, &u, &port, error));
	CHECK(strstr(error, "4 queues at most, 5 cores") != NULL);
	u = use;
	u.mtu = 1501;
	CHECK(!profile_port(&p, &u, &port, error));
}

static void refuses_names_that_leave_the_folder(void)
{
	struct profile p;

	CHECK(!profile_load(drivers_dir, "../drivers-cfg/tap", &p, error));
	CHECK(!profile_load(drivers_dir, "", &p, error));
	CHECK(!profile_load(drivers_dir, "no_such_driver", &p, error));
	CHECK(strstr(error, "No such file") != NULL);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s DRIVERS-CFG-FOLDER\n", argv[0]);
		return 2;
	}
	drivers_dir = argv[1];
	RUN(reads_every_shipped_profile);
	RUN(says_what_af_xdp_needs);
	RUN(says_what_a_pci_device_needs);
	RUN(fills_in_its_templates);
	RUN(names_line_and_key);
	RUN(refuses_wrong_values);
	RUN(refuses_lines_without_end);
	RUN(refuses_wrong_use);
	RUN(refuses_names_that_leave_the_folder);
	return check_summary();
}
