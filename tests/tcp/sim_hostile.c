#include "tests/tcp/sim.h"
void sim_hostile_plan(struct sim *s)
{
	(void)s;
}
void sim_hostile_turn(struct sim *s)
{
	(void)s;
}
bool sim_hostile_is_done(const struct sim *s)
{
	(void)s;
	return true;
}
uint64_t sim_hostile_next_us(const struct sim *s)
{
	(void)s;
	return SIM_NEVER;
}
bool sim_hostile_news(struct sim *s, struct tcp_conn *c, unsigned int news)
{
	(void)s;
	(void)c;
	(void)news;
	return false;
}
void sim_hostile_hear(struct sim *s, const struct tcp_output *o)
{
	(void)s;
	(void)o;
}
void sim_hostile_end(struct sim *s)
{
	(void)s;
}
