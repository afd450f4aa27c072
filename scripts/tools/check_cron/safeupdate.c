/*
 * Stand-in for pg-safeupdate, which hosted projects load into every session of the data API: an UPDATE or a
 * DELETE without a WHERE is refused with SQLSTATE 21000, in functions and in WITH too. Written from what it does.
 */
#include "postgres.h"

#include "fmgr.h"
#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "utils/guc.h"

PG_MODULE_MAGIC;

static bool enabled = true;
static post_parse_analyze_hook_type next_hook = NULL;

static bool
refuse_unbounded(Node *node, void *nothing)
{
	Query *query;

	if (node == NULL)
		return false;
	if (!IsA(node, Query))
		return expression_tree_walker(node, refuse_unbounded, nothing);
	query = (Query *) node;
	if ((query->commandType == CMD_UPDATE || query->commandType == CMD_DELETE) &&
		query->jointree->quals == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CARDINALITY_VIOLATION),
				 errmsg("%s requires a WHERE clause", query->commandType == CMD_UPDATE ? "UPDATE" : "DELETE")));
	return query_tree_walker(query, refuse_unbounded, nothing, 0);
}

static void
look(ParseState *state, Query *query, JumbleState *jumble)
{
	if (enabled)
		refuse_unbounded((Node *) query, NULL);
	if (next_hook != NULL)
		next_hook(state, query, jumble);
}

void
_PG_init(void)
{
	DefineCustomBoolVariable("safeupdate.enabled", "Refuse an UPDATE or DELETE without a WHERE.", NULL, &enabled, true,
							 PGC_SUSET, 0, NULL, NULL, NULL);
	next_hook = post_parse_analyze_hook;
	post_parse_analyze_hook = look;
}
