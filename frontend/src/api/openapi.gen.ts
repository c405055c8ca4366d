// Generated from openapi.json by `npm run generate`. Do not edit.
export interface paths {
    "/api/v1/animals/{animal_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Rename Animal
         * @description Give an animal another name.
         */
        patch: operations["animal_rename"];
        trace?: never;
    };
    "/api/v1/calibrations/{calibration_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Calibration
         * @description One calibration with its cameras.
         */
        get: operations["calibration_get"];
        put?: never;
        post?: never;
        /**
         * Delete Calibration
         * @description Remove a calibration; refused while 3D results were made with it.
         */
        delete: operations["calibration_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exports/{export_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete Export
         * @description Remove an export file; it can be made again from what it was made of.
         */
        delete: operations["export_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Job
         * @description One job as it is now.
         */
        get: operations["job_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel Job
         * @description End a waiting or paused job, or ask a running one to stop within seconds.
         */
        post: operations["job_cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Job Events
         * @description The log after number `since`, at most 5000 lines; ask again from the last number for more.
         */
        get: operations["job_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pause Job
         * @description Set a waiting training aside, or ask a running one to stop after a checkpoint, within seconds.
         *
         *     It then waits for `resume`, and another job may run meanwhile.
         */
        post: operations["job_pause"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resume Job
         * @description Queue a paused job again; it goes on from its checkpoint and comes to the same numbers.
         */
        post: operations["job_resume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry Job
         * @description Queue a failed or cancelled job again.
         */
        post: operations["job_retry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/maps/{map_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete Map
         * @description Remove a map with its files; the predictions stay.
         */
        delete: operations["pose_map_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/maps/{map_id}/points": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Points
         * @description The dots of a map: where each lies, which frame it is of, its cluster and numbers.
         */
        get: operations["pose_map_points"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Me
         * @description The person who asks.
         */
        get: operations["me_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/media-roots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Browse Media Roots
         * @description Server folders that may be registered, or what lies in one; for people who manage data somewhere.
         */
        get: operations["media_root_browse"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/models/{model_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Model
         * @description One model with its card, its error by keypoint and its worst frames.
         */
        get: operations["model_get"];
        put?: never;
        post?: never;
        /**
         * Delete Model
         * @description Remove a model with its files and the predictions it made.
         */
        delete: operations["model_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/models/{model_id}/comparison": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Compare Models
         * @description Both models on the frames that were held out from both; 422 with the reason where there are none.
         */
        get: operations["model_compare"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/models/{model_id}/learning": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Model Learning
         * @description The learning curve of the models that were trained and measured as this one.
         */
        get: operations["model_learning"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/models/{model_id}/predictions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start Prediction
         * @description Run a model over a video; the same run is not made twice.
         */
        post: operations["prediction_start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Projects
         * @description Projects that you are a member of.
         */
        get: operations["project_list"];
        put?: never;
        /**
         * Create Project
         * @description Create a project; you become its owner.
         */
        post: operations["project_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Project
         * @description One project with skeleton, animals, what you may do, and the next step.
         */
        get: operations["project_get"];
        put?: never;
        post?: never;
        /**
         * Delete Project
         * @description Delete a project with all that belongs to it; sources registered in place stay untouched.
         */
        delete: operations["project_delete"];
        options?: never;
        head?: never;
        /**
         * Update Project
         * @description Rename or describe a project, or say whether its animals look alike.
         */
        patch: operations["project_update"];
        trace?: never;
    };
    "/api/v1/projects/{project_id}/animals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Ensure Animals
         * @description Add animals until there are `count`.
         */
        put: operations["animals_ensure"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/calibrations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Calibrations
         * @description Calibrations of a project, with what is wrong with each and who uses it.
         */
        get: operations["calibration_list"];
        put?: never;
        /**
         * Create Calibration
         * @description Take in a calibration file as text.
         */
        post: operations["calibration_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/demo-labels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Apply Demo Labels
         * @description Give a demo project its ready-made labels, for whoever does not want to label.
         */
        post: operations["demo_labels_apply"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/exports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Exports
         * @description Finished export files, newest first.
         */
        get: operations["export_list"];
        put?: never;
        /**
         * Start Export
         * @description Make a file or zip for another tool; it appears in the list when its job is done.
         */
        post: operations["export_start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/formats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Formats
         * @description File formats of the field, by title, with what this project can bring in from or write for each.
         */
        get: operations["format_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/imports/deeplabcut": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Import Deeplabcut
         * @description Import a DeepLabCut project from a server folder, or from an uploaded zip; all of it or nothing.
         */
        post: operations["import_deeplabcut"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Jobs
         * @description Every job of the project that has not ended and the latest that have, newest first.
         */
        get: operations["job_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/learning": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Project Learning
         * @description Held-out error by amount of labels, of the most models that are alike, and what more should bring.
         */
        get: operations["project_learning"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/maps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Maps
         * @description Finished maps of a project, newest first.
         */
        get: operations["pose_map_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Members
         * @description Members in the order they joined.
         */
        get: operations["member_list"];
        put?: never;
        /**
         * Invite Member
         * @description Add a person by email address.
         */
        post: operations["member_invite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/members/{user_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove Member
         * @description Take a person out of the project; everybody may leave.
         */
        delete: operations["member_remove"];
        options?: never;
        head?: never;
        /**
         * Set Member Role
         * @description Give a member another role.
         */
        patch: operations["member_set_role"];
        trace?: never;
    };
    "/api/v1/projects/{project_id}/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Models
         * @description Models of a project, newest first.
         */
        get: operations["model_list"];
        put?: never;
        /**
         * Train Model
         * @description Freeze the labels and train a model on them; 422 with the reason where there are too few.
         */
        post: operations["model_train"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/reconstructions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Reconstructions
         * @description 3D poses of a project, newest first, those that are still being made included.
         */
        get: operations["reconstruction_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/recording-sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Sessions
         * @description Recording sessions of a project, by name.
         */
        get: operations["recording_session_list"];
        put?: never;
        /**
         * Create Session
         * @description Make a recording session.
         */
        post: operations["recording_session_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/recordings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Recordings
         * @description Recordings of a project with their videos.
         */
        get: operations["recording_list"];
        put?: never;
        /**
         * Register Recording
         * @description Register videos or image folders that stay where they are; each is then read by a job.
         */
        post: operations["recording_register"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/recordings/folder": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Register Folder
         * @description Register each video in a server folder as a recording of its own; what is refused says why.
         */
        post: operations["recording_register_folder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/recordings/groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Register Groups
         * @description Register several recordings with their views; what is refused says why and keeps no other out.
         */
        post: operations["recording_register_groups"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/recordings/proposal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Propose Recordings
         * @description How files could be recordings with views, by what their names share; nothing is done.
         */
        post: operations["recording_propose"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/recordings/rendered": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Register Rendered
         * @description Register a folder of `sbea synth`: its views, sync and calibration come in at once.
         */
        post: operations["recording_register_rendered"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/results": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Results
         * @description Predictions of a project, newest first.
         */
        get: operations["result_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/skeleton": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Skeleton
         * @description The current version.
         */
        get: operations["skeleton_get"];
        /**
         * Replace Skeleton
         * @description Make a new version; refused with 409 where labels would be lost or moved.
         */
        put: operations["skeleton_replace"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/training-options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Training Options
         * @description Families of models and what each can stand on, what several networks cost, what suits the project.
         */
        get: operations["training_options"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start Upload
         * @description Announce a file; its bytes follow in chunks.
         */
        post: operations["upload_start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reconstructions/{reconstruction_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Reconstruction
         * @description 3D poses of one recording.
         */
        get: operations["reconstruction_get"];
        put?: never;
        post?: never;
        /**
         * Delete Reconstruction
         * @description Remove 3D poses with their files; predictions and calibration stay.
         */
        delete: operations["reconstruction_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reconstructions/{reconstruction_id}/quality": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Quality
         * @description Completeness, uncertainty and reprojection error along the recording, for a timeline.
         */
        get: operations["reconstruction_quality"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reconstructions/{reconstruction_id}/residuals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Residuals
         * @description Little-endian float32 (tick, view): median reprojection error in px; NaN where there is none.
         */
        get: operations["reconstruction_residuals"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reconstructions/{reconstruction_id}/window": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Poses
         * @description Little-endian float32 (tick, individual, keypoint, 4): x, y, z, sigma in mm; NaN where there is none.
         *
         *     Headers `X-Shape` and `X-Start` say what the bytes are. While the job runs, ticks that are not done yet
         *     are NaN and the entity tag changes as they arrive.
         */
        get: operations["reconstruction_window"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/recording-sessions/{recording_session_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete Session
         * @description Remove a recording session; its recordings and calibrations stay and belong to none then.
         */
        delete: operations["recording_session_delete"];
        options?: never;
        head?: never;
        /**
         * Rename Session
         * @description Give a recording session another name.
         */
        patch: operations["recording_session_rename"];
        trace?: never;
    };
    "/api/v1/recordings/{recording_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Recording
         * @description One recording with its views, the table of ticks, and its cameras.
         */
        get: operations["recording_get"];
        put?: never;
        post?: never;
        /**
         * Delete Recording
         * @description Remove a recording with its labels and predictions; sources in place stay untouched.
         */
        delete: operations["recording_delete"];
        options?: never;
        head?: never;
        /**
         * Rename Recording
         * @description Give a recording another name.
         */
        patch: operations["recording_rename"];
        trace?: never;
    };
    "/api/v1/recordings/{recording_id}/calibration": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Calibrate Recording
         * @description Use a calibration for a recording, or none; the answer says which views it fits.
         */
        put: operations["recording_calibrate"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/recordings/{recording_id}/predictions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start Predictions
         * @description Run a model over every view of a recording that is ready; no run is made twice.
         */
        post: operations["predictions_start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/recordings/{recording_id}/reconstructions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start Reconstruction
         * @description Make 3D poses from a model's predictions of each view; the same inputs are not run twice.
         */
        post: operations["reconstruction_start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/recordings/{recording_id}/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Assign Session
         * @description Say to which recording session a recording belongs, or to none.
         */
        put: operations["recording_session_assign"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/recordings/{recording_id}/sync": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Sync Recording
         * @description Say which frame each view shows at which tick: offsets, a table, or all together.
         */
        put: operations["recording_sync"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/recordings/{recording_id}/views": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add View
         * @description Add a video of the server as a further view; it is then read by a job.
         */
        post: operations["view_add"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/recordings/{recording_id}/views/order": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Order Views
         * @description Put the views of a recording in an order.
         */
        put: operations["view_order"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/results/{result_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Result
         * @description Predictions of one model over one video.
         */
        get: operations["result_get"];
        put?: never;
        post?: never;
        /**
         * Delete Result
         * @description Remove predictions with their files.
         */
        delete: operations["result_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/results/{result_id}/doubts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Doubts
         * @description Stretches of frames in which confidence is low or the pose jumps, and why.
         */
        get: operations["result_doubts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/results/{result_id}/film": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start Film
         * @description Draw predictions over their video; the file appears in the list of exports when its job is done.
         */
        post: operations["film_start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/results/{result_id}/maps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start Map
         * @description Map the poses of a result by likeness; the map appears in the list when its job is done.
         */
        post: operations["pose_map_start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/results/{result_id}/window": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Window
         * @description Little-endian float32 (frame, individual, keypoint, 3): x, y, confidence; NaN where there is none.
         *
         *     Headers `X-Shape` and `X-Start` say what the bytes are. While the model runs, frames that are not done
         *     yet are NaN and the entity tag changes as they arrive.
         */
        get: operations["result_window"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/uploads/{upload_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Upload
         * @description How far an upload is; a client that was cut off goes on at `offset`.
         */
        get: operations["upload_get"];
        put?: never;
        post?: never;
        /**
         * Discard Upload
         * @description Give up an upload and its bytes; 409 where it has become a recording or is being imported.
         */
        delete: operations["upload_discard"];
        options?: never;
        head?: never;
        /**
         * Append Upload
         * @description Send the bytes at header `Upload-Offset`; header `Upload-Sha256` (hex) guards the chunk.
         */
        patch: operations["upload_append"];
        trace?: never;
    };
    "/api/v1/uploads/{upload_id}/complete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Complete Upload
         * @description Put a whole upload in place; a video becomes a recording, or a view of one, that a job then reads.
         */
        post: operations["upload_complete"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{user_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Set User May Create Projects
         * @description Say whether an account may create projects; for administrators of the site.
         */
        patch: operations["user_set_may_create_projects"];
        trace?: never;
    };
    "/api/v1/videos/{video_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Video
         * @description One video, with what a player needs once it is ready.
         */
        get: operations["video_get"];
        put?: never;
        post?: never;
        /**
         * Remove View
         * @description Remove a view with its labels and predictions; a source in place stays untouched.
         */
        delete: operations["view_remove"];
        options?: never;
        head?: never;
        /**
         * Rename View
         * @description Give a view another name; cameras of a calibration are found by it.
         */
        patch: operations["view_rename"];
        trace?: never;
    };
    "/api/v1/videos/{video_id}/frame-predictions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Frame Predictions
         * @description What models say of suggested frames, the newest model first, to begin labelling from.
         */
        get: operations["frame_prediction_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/videos/{video_id}/frames/{frame_index}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Frame History
         * @description What was done to the labels of a frame, newest first.
         */
        get: operations["operation_history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/videos/{video_id}/labels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Labels
         * @description Instances of the frames start <= frame < stop; of all frames by default.
         */
        get: operations["label_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/videos/{video_id}/labels/summary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Summarise Labels
         * @description How far each labelled frame is.
         */
        get: operations["label_summary"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/videos/{video_id}/operations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Apply Operations
         * @description Apply operations in order, each atomic; 409 when somebody else changed the same keypoint meanwhile.
         *
         *     The 409 problem carries `data.conflicts` with both values and `data.results` for the whole request.
         *     What came before the conflict is applied; what came after it is `skipped` and may be sent again.
         */
        post: operations["operation_apply"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/videos/{video_id}/results": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Video Results
         * @description Predictions over a video, newest first, those that are still being made included.
         */
        get: operations["video_results"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/videos/{video_id}/suggestions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Suggestions
         * @description Frames proposed for labelling, in time order.
         */
        get: operations["suggestion_list"];
        put?: never;
        /**
         * Start Suggestions
         * @description Look for frames worth labelling.
         */
        post: operations["suggestion_start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/videos/{video_id}/suggestions/{frame_index}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete Suggestion
         * @description Take a frame off the list.
         */
        delete: operations["suggestion_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** AheadOut */
        AheadOut: {
            forecast: components["schemas"]["ForecastOut"];
            /** More */
            more: number;
        };
        /**
         * AnimalIn
         * @description Another name.
         */
        AnimalIn: {
            /** Name */
            name: string;
        };
        /**
         * AnimalOut
         * @description A living subject; `slot` is its place on the individual axis.
         */
        AnimalOut: {
            /** Colour */
            colour: string;
            /** Id */
            id: number;
            /** Name */
            name: string;
            /** Slot */
            slot: number;
        };
        /**
         * AnimalsIn
         * @description How many animals the project shall have at least.
         */
        AnimalsIn: {
            /** Count */
            count: number;
        };
        /** BackboneOut */
        BackboneOut: {
            /** Name */
            name: string;
            /** Summary */
            summary: string;
            /** Title */
            title: string;
        };
        /** BinsIn */
        BinsIn: {
            /**
             * Bins
             * @default 500
             */
            bins?: number;
        };
        /**
         * BoundsOut
         * @description Corners (x, y, z) of the box that nearly all placed keypoints lie in.
         */
        BoundsOut: {
            /** Max */
            max: [
                number,
                number,
                number
            ];
            /** Min */
            min: [
                number,
                number,
                number
            ];
        };
        /** CalibrationChoiceIn */
        CalibrationChoiceIn: {
            /** Calibration Id */
            calibration_id: number | null;
        };
        /**
         * CalibrationDetailOut
         * @description With the file that `sbea` reads: `document` is a calibration of format sbea-calibration/1.
         */
        CalibrationDetailOut: {
            /** Cameras */
            cameras: components["schemas"]["CameraSizeOut"][];
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Created By */
            created_by: string | null;
            /** Document */
            document: {
                [key: string]: unknown;
            };
            /** Id */
            id: number;
            /** Name */
            name: string;
            /** Recordings */
            recordings: components["schemas"]["UserOfCalibrationOut"][];
            /** Reprojection Error Px */
            reprojection_error_px: number | null;
            /** Same As */
            same_as: string[];
            /** Same Cameras */
            same_cameras: [
                string,
                string
            ][];
            /** Session */
            session: string | null;
            /** Source Kind */
            source_kind: string;
            /** Source Name */
            source_name: string;
            /** Source Title */
            source_title: string;
            /** Warnings */
            warnings: string[];
        };
        /**
         * CalibrationIn
         * @description A calibration file as text; `filename` decides how it is read.
         */
        CalibrationIn: {
            /** Filename */
            filename: string;
            /**
             * Name
             * @default
             */
            name?: string;
            /**
             * Session
             * @default
             */
            session?: string;
            /** Text */
            text: string;
            /**
             * Unit Mm
             * @description Millimetres in one unit of a file that names none.
             * @default 1
             */
            unit_mm?: number;
        };
        /**
         * CalibrationInUseOut
         * @description `UsedCalibrationOut` with the cameras themselves.
         */
        CalibrationInUseOut: {
            /** Cameras */
            cameras: components["schemas"]["CameraOut"][];
            /** Id */
            id: number;
            /** Name */
            name: string;
            /** Same Cameras */
            same_cameras: [
                string,
                string
            ][];
            /** Views */
            views: components["schemas"]["ViewFitOut"][];
            /** Without View */
            without_view: string[];
        };
        /**
         * CalibrationOut
         * @description One calibration of a project.
         *
         *     `warnings` says what was decided as the file was read; `same_cameras` names pairs of which one is wrong;
         *     `same_as` names other calibrations with the very same cameras.
         */
        CalibrationOut: {
            /** Cameras */
            cameras: components["schemas"]["CameraSizeOut"][];
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Created By */
            created_by: string | null;
            /** Id */
            id: number;
            /** Name */
            name: string;
            /** Recordings */
            recordings: components["schemas"]["UserOfCalibrationOut"][];
            /** Reprojection Error Px */
            reprojection_error_px: number | null;
            /** Same As */
            same_as: string[];
            /** Same Cameras */
            same_cameras: [
                string,
                string
            ][];
            /** Session */
            session: string | null;
            /** Source Kind */
            source_kind: string;
            /** Source Name */
            source_name: string;
            /** Source Title */
            source_title: string;
            /** Warnings */
            warnings: string[];
        };
        /**
         * CameraOut
         * @description X_c = R X + t in millimetres, OpenCV axes; K and the five distortion coefficients in OpenCV's order.
         */
        CameraOut: {
            /** Distortion */
            distortion: number[];
            /** Height */
            height: number;
            /** K */
            K: number[][];
            /** Name */
            name: string;
            /** R */
            R: number[][];
            /** T */
            t: number[];
            /** Width */
            width: number;
        };
        /** CameraSizeOut */
        CameraSizeOut: {
            /** Height */
            height: number;
            /** Name */
            name: string;
            /** Width */
            width: number;
        };
        /**
         * Capability
         * @description One kind of thing that a member may do in a project.
         * @enum {string}
         */
        Capability: "view" | "label" | "review" | "train" | "manage_data" | "manage_members" | "delete_project";
        /** ChangeIn */
        ChangeIn: {
            /**
             * Visibility
             * @enum {string}
             */
            visibility: "unlabelled" | "visible" | "guessed" | "absent";
            /** X */
            x: number | null;
            /** Y */
            y: number | null;
        };
        /**
         * ComparedFrameOut
         * @description A frame with the label and both answers, individuals by name as each model has them.
         */
        ComparedFrameOut: {
            /** First Points Px */
            first_points_px: (number[] | null)[][];
            /** First Px */
            first_px: number;
            /** Frame Index */
            frame_index: number;
            /** Labels Px */
            labels_px: (number[] | null)[][];
            /** Second Points Px */
            second_points_px: (number[] | null)[][];
            /** Second Px */
            second_px: number;
            /** Video Id */
            video_id: number;
        };
        /** ComparedModelOut */
        ComparedModelOut: {
            /** Id */
            id: number;
            /** Labels */
            labels: number;
            /** Name */
            name: string;
        };
        /**
         * ComparisonOut
         * @description The older model is the first. `worst` are the frames on which they differ most.
         */
        ComparisonOut: {
            /** Blocks */
            blocks: number;
            /** By Keypoint */
            by_keypoint: components["schemas"]["KeypointDifferenceOut"][];
            /** Differ Most */
            differ_most: components["schemas"]["ComparedFrameOut"][];
            first: components["schemas"]["ComparedModelOut"];
            /** Frames */
            frames: number;
            /** Labels Changed */
            labels_changed: number;
            overall: components["schemas"]["DifferenceOut"];
            second: components["schemas"]["ComparedModelOut"];
        };
        /**
         * CountsOut
         * @description How much there is of what.
         */
        CountsOut: {
            /** Labelled Frames */
            labelled_frames: number;
            /** Models */
            models: number;
            /** Recordings */
            recordings: number;
            /** Running Jobs */
            running_jobs: number;
        };
        /** DeepLabCutImportIn */
        DeepLabCutImportIn: {
            /** Path */
            path?: string | null;
            /** Upload Id */
            upload_id?: string | null;
        };
        /** DemoLabelsOut */
        DemoLabelsOut: {
            /** Frames */
            frames: number;
        };
        /**
         * DifferenceOut
         * @description `difference_px` is second - first; its 95 % interval is null where too few moments are there.
         */
        DifferenceOut: {
            /** Difference Px */
            difference_px: number | null;
            /** First Missing */
            first_missing: number;
            /** First Px */
            first_px: number | null;
            /** High Px */
            high_px: number | null;
            /** Low Px */
            low_px: number | null;
            /** N */
            n: number;
            /** Second Missing */
            second_missing: number;
            /** Second Px */
            second_px: number | null;
        };
        /**
         * DoubtOut
         * @description Frames first..last, both doubtful; `worst` is the one to look at.
         */
        DoubtOut: {
            /** First */
            first: number;
            /** Last */
            last: number;
            /** Reasons */
            reasons: string[];
            /**
             * Severity
             * @description 0..1
             */
            severity: number;
            /** Worst */
            worst: number;
        };
        /**
         * DoubtsOut
         * @description Doubtful stretches in time order: the worst ones, of `total` that there are.
         */
        DoubtsOut: {
            /** Doubtful Frames */
            doubtful_frames: number;
            /** Frames Done */
            frames_done: number;
            /** Stretches */
            stretches: components["schemas"]["DoubtOut"][];
            /** Total */
            total: number;
        };
        /** EntryOut */
        EntryOut: {
            /** Holds Videos */
            holds_videos: boolean;
            /** Is Dir */
            is_dir: boolean;
            /** Looks Like */
            looks_like: ("deeplabcut" | "sleap" | "lightning_pose" | "coco" | "rendered" | "video" | "images") | null;
            /** Name */
            name: string;
            /** Path */
            path: string;
            /** Size */
            size: number | null;
        };
        /**
         * ErrorFigures
         * @description Distances from the truth in mm; of `n` keypoints `missing` have no point.
         */
        ErrorFigures: {
            /** Mean Mm */
            mean_mm: number | null;
            /** Median Mm */
            median_mm: number | null;
            /** Missing */
            missing: number;
            /** N */
            n: number;
            /** P95 Mm */
            p95_mm: number | null;
        };
        /** ExportIn */
        ExportIn: {
            /** Kind */
            kind: string;
            /** Result Id */
            result_id?: number | null;
        };
        /** ExportOut */
        ExportOut: {
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Download Url */
            download_url: string;
            /** Filename */
            filename: string;
            /** Id */
            id: number;
            /** Job Id */
            job_id: string | null;
            /** Kind */
            kind: string;
            /**
             * Made By
             * @description Id of who asked for it, who may delete it; null: not known.
             */
            made_by: number | null;
            /** Size Bytes */
            size_bytes: number;
            /** Title */
            title: string;
        };
        /**
         * FamilyOut
         * @description A family of models; `misfit` says why it cannot be chosen here, and is empty where it can.
         *
         *     `temporal_context`: it can see the frames before and after; `uses_unlabelled`: it can learn from video
         *     without labels.
         */
        FamilyOut: {
            /** Backbones */
            backbones: components["schemas"]["BackboneOut"][];
            /** Misfit */
            misfit: string;
            /** Most Members */
            most_members: number;
            /** Name */
            name: string;
            /** Summary */
            summary: string;
            /** Temporal Context */
            temporal_context: boolean;
            /** Title */
            title: string;
            /** Uses Unlabelled */
            uses_unlabelled: boolean;
        };
        /**
         * FilmIn
         * @description What of a labelled video a person may choose; frames are included on both ends.
         */
        FilmIn: {
            /**
             * Doubtful
             * @default hide
             * @enum {string}
             */
            doubtful?: "hide" | "hollow";
            /**
             * First Frame
             * @default 0
             */
            first_frame?: number;
            /**
             * Frame Numbers
             * @default false
             */
            frame_numbers?: boolean;
            /** Last Frame */
            last_frame?: number | null;
            /**
             * Min Confidence
             * @default 0.5
             */
            min_confidence?: number;
            /**
             * Trail Frames
             * @default 0
             */
            trail_frames?: number;
        };
        /**
         * FolderFileOut
         * @description One file of a folder: its recording, or why there is none.
         */
        FolderFileOut: {
            /** File */
            file: string;
            /** Problem */
            problem: string | null;
            recording: components["schemas"]["RecordingOut"] | null;
        };
        /** FolderIn */
        FolderIn: {
            /** Path */
            path: string;
        };
        /**
         * ForecastOut
         * @description `low_px` to `high_px`: where a model that is measured there would lie nine times in ten.
         */
        ForecastOut: {
            /** Error Px */
            error_px: number;
            /** High Px */
            high_px: number;
            /** Labels */
            labels: number;
            /** Low Px */
            low_px: number;
        };
        /**
         * FormatOut
         * @description A file format of the field; `reads` says what to hand in to bring its labels, and is empty where that
         *     cannot be.
         */
        FormatOut: {
            labels: components["schemas"]["WritesOut"] | null;
            /** Name */
            name: string;
            predictions: components["schemas"]["WritesOut"] | null;
            /** Reads */
            reads: string;
            /** Title */
            title: string;
        };
        /** FrameSummaryOut */
        FrameSummaryOut: {
            /** Complete */
            complete: boolean;
            /** Frame Index */
            frame_index: number;
            /** Placed */
            placed: number;
            /** Total */
            total: number;
        };
        /**
         * GroupOut
         * @description What became of one recording that was asked for.
         */
        GroupOut: {
            /** Name */
            name: string;
            /** Problem */
            problem: string | null;
            recording: components["schemas"]["RecordingOut"] | null;
        };
        /** GroupsIn */
        GroupsIn: {
            /** Recordings */
            recordings: components["schemas"]["RecordingIn"][];
        };
        /** HistoryOut */
        HistoryOut: {
            after: components["schemas"]["KeypointOut"];
            /** Animal Id */
            animal_id: number;
            before: components["schemas"]["KeypointOut"];
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Keypoint */
            keypoint: number;
            /** Rev */
            rev: number;
            /** User */
            user: string;
            /**
             * Uuid
             * Format: uuid
             */
            uuid: string;
        };
        /**
         * InputOut
         * @description A view as it was called when the poses were made; the video may be called otherwise now.
         */
        InputOut: {
            /** Video Id */
            video_id: number;
            /** View */
            view: string;
        };
        /** InstanceOut */
        InstanceOut: {
            /** Animal Id */
            animal_id: number;
            /** Frame Index */
            frame_index: number;
            /** Id */
            id: number;
            /** Keypoints */
            keypoints: components["schemas"]["KeypointOut"][];
            /** Rev */
            rev: number;
        };
        /**
         * InvitedOut
         * @description The new member; `link` is shown once, and null where the person has an account already.
         */
        InvitedOut: {
            /** Link */
            link: string | null;
            member: components["schemas"]["MemberOut"];
        };
        /**
         * InviteIn
         * @description Whom to invite as what.
         */
        InviteIn: {
            /** Email */
            email: string;
            role: components["schemas"]["Role"];
        };
        /**
         * JobErrorState
         * @description Why a job failed, for a person, with a stable code.
         */
        JobErrorState: {
            /** Code */
            code: string;
            /** Data */
            data?: {
                [key: string]: unknown;
            };
            /** Message */
            message: string;
        };
        /**
         * JobEventMsg
         * @description One line of a job's log.
         *
         *     `data` by kind: state `{state, worker?, error?, cancel_requested?, pause_requested?, by?, retried_by?,
         *     resumed_by?}`; progress as `JobProgress`; log `{message}`; metrics `{stage, done, total, metrics,
         *     examples?}`, examples being `[{video, index, labels_px, points_px}]`: what a network that is being trained
         *     answers then on labelled frames that it has not learned from, (individual, keypoint) of [x, y], null where
         *     there is none.
         */
        JobEventMsg: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Data */
            data: {
                [key: string]: unknown;
            };
            /**
             * Job Id
             * Format: uuid
             */
            job_id: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "state" | "progress" | "log" | "metrics";
            /** Seq */
            seq: number;
        };
        /**
         * JobProgress
         * @description How far a job is. `total` is 0 where unknown; `rate` is in units per second.
         */
        JobProgress: {
            /** Done */
            done: number;
            /** Eta S */
            eta_s: number | null;
            /** Metrics */
            metrics: {
                [key: string]: number;
            };
            /** Rate */
            rate: number | null;
            /** Stage */
            stage: string;
            /** Total */
            total: number;
        };
        /**
         * JobState
         * @description A job as it is now.
         */
        JobState: {
            /** Attempt */
            attempt: number;
            /** Can Cancel */
            can_cancel: boolean;
            /** Can Pause */
            can_pause: boolean;
            /** Can Resume */
            can_resume: boolean;
            /** Can Retry */
            can_retry: boolean;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            error: components["schemas"]["JobErrorState"] | null;
            /** Finished At */
            finished_at: string | null;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Kind */
            kind: string;
            /** Label */
            label: string;
            /** Params */
            params: {
                [key: string]: unknown;
            };
            /** Pausing */
            pausing: boolean;
            progress: components["schemas"]["JobProgress"];
            /** Result */
            result: {
                [key: string]: unknown;
            } | null;
            /** Seq */
            seq: number;
            /** Started At */
            started_at: string | null;
            /**
             * State
             * @enum {string}
             */
            state: "queued" | "running" | "paused" | "done" | "failed" | "cancelled";
        };
        /** KeypointDifferenceOut */
        KeypointDifferenceOut: {
            /** Difference Px */
            difference_px: number | null;
            /** First Missing */
            first_missing: number;
            /** First Px */
            first_px: number | null;
            /** High Px */
            high_px: number | null;
            /** Keypoint */
            keypoint: string;
            /** Low Px */
            low_px: number | null;
            /** N */
            n: number;
            /** Second Missing */
            second_missing: number;
            /** Second Px */
            second_px: number | null;
        };
        /** KeypointOut */
        KeypointOut: {
            /**
             * Origin
             * @enum {string}
             */
            origin: "human" | "imported" | "demo" | "accepted";
            /** Sigma Px */
            sigma_px: number | null;
            /**
             * Visibility
             * @enum {string}
             */
            visibility: "unlabelled" | "visible" | "guessed" | "absent";
            /** X */
            x: number | null;
            /** Y */
            y: number | null;
        };
        /** LabelSummaryOut */
        LabelSummaryOut: {
            /** Frames */
            frames: components["schemas"]["FrameSummaryOut"][];
        };
        /**
         * LearningOut
         * @description `fit`, `line`, `now` and `ahead` are there or not together; `reason` says what is lacking.
         */
        LearningOut: {
            /** Ahead */
            ahead: components["schemas"]["AheadOut"][];
            /** Context Frames */
            context_frames: number;
            /** Family Title */
            family_title: string;
            fit: components["schemas"]["PowerLawOut"] | null;
            /** Holdout */
            holdout: string;
            /** Left Out */
            left_out: number;
            /** Line */
            line: components["schemas"]["ForecastOut"][];
            /** Members */
            members: number;
            /** Models */
            models: components["schemas"]["MeasuredModelOut"][];
            now: components["schemas"]["ForecastOut"] | null;
            /** Preset */
            preset: string;
            /** Reason */
            reason: string;
            /** Unlabelled */
            unlabelled: boolean;
        };
        /** MeasuredModelOut */
        MeasuredModelOut: {
            /** Error Px */
            error_px: number;
            /** Labels */
            labels: number;
            /** Model Id */
            model_id: number;
            /** Name */
            name: string;
            /** Points */
            points: number;
        };
        /**
         * MemberOut
         * @description A person in a project; `joined` is false until the invitation was used.
         */
        MemberOut: {
            /** Email */
            email: string;
            /** Is Admin */
            is_admin: boolean;
            /** Joined */
            joined: boolean;
            /** May Create Projects */
            may_create_projects: boolean;
            /** Name */
            name: string;
            role: components["schemas"]["Role"];
            /** User Id */
            user_id: number;
        };
        /**
         * MembersOut
         * @description What so many networks cost: `times` the work of one; each learns from `share_seen` of the labels.
         */
        MembersOut: {
            /** Frames Needed */
            frames_needed: number;
            /** Members */
            members: number;
            /** Share Seen */
            share_seen: number;
            /** Times */
            times: number;
        };
        /**
         * ModelFramesOut
         * @description What one model says of the suggested frames of a video.
         */
        ModelFramesOut: {
            /** Frames */
            frames: components["schemas"]["PredictedFrameOut"][];
            /** Individuals */
            individuals: string[];
            /** Keypoints */
            keypoints: string[];
            /** Model Id */
            model_id: number;
            /** Model Name */
            model_name: string;
        };
        /** ModelOut */
        ModelOut: {
            /** Backbone */
            backbone: string;
            /** Card */
            card: {
                [key: string]: unknown;
            };
            /** Config */
            config: {
                [key: string]: unknown;
            };
            /** Context Frames */
            context_frames: number;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Failure */
            failure: string;
            /** Family */
            family: string;
            /** Family Title */
            family_title: string;
            /** Holdout */
            holdout: string;
            /** Id */
            id: number;
            /** Job Id */
            job_id: string | null;
            /** Keypoints */
            keypoints: string[];
            /** Members */
            members: number;
            /** Metrics */
            metrics: {
                [key: string]: unknown;
            };
            /** Name */
            name: string;
            /** Parent Id */
            parent_id: number | null;
            /** Preset */
            preset: string;
            snapshot: components["schemas"]["SnapshotOut"];
            /**
             * State
             * @enum {string}
             */
            state: "training" | "paused" | "ready" | "failed" | "cancelled";
            suspects: components["schemas"]["SuspectsOut"] | null;
            /** Unlabelled */
            unlabelled: boolean;
            /** Worst */
            worst: components["schemas"]["WorstFrameOut"][];
            /** Worst By Keypoint */
            worst_by_keypoint: {
                [key: string]: components["schemas"]["WorstPointOut"][];
            };
        };
        /**
         * NextStepOut
         * @description The one next step that helps most.
         */
        NextStepOut: {
            /** Code */
            code: string;
            /** Detail */
            detail: string;
            /** Title */
            title: string;
            /** Url */
            url: string;
        };
        /**
         * NumbersOut
         * @description A number for each dot; null where it is not known.
         */
        NumbersOut: {
            /** Name */
            name: string;
            /** Unit */
            unit: string;
            /** Values */
            values: (number | null)[];
        };
        /** OperationIn */
        OperationIn: {
            /**
             * Accepted
             * @description Takes over a prediction.
             * @default false
             */
            accepted?: boolean;
            /** Animal Id */
            animal_id: number;
            /** Base Rev */
            base_rev: number;
            change: components["schemas"]["ChangeIn"];
            /** Frame Index */
            frame_index: number;
            /** Keypoint */
            keypoint: number;
            /**
             * Uuid
             * Format: uuid
             */
            uuid: string;
        };
        /** OperationResultOut */
        OperationResultOut: {
            instance: components["schemas"]["InstanceOut"] | null;
            /** Reason */
            reason: string;
            /** Rev */
            rev: number;
            /**
             * Status
             * @enum {string}
             */
            status: "applied" | "duplicate" | "conflict" | "refused" | "skipped";
            /**
             * Uuid
             * Format: uuid
             */
            uuid: string;
        };
        /** OperationsIn */
        OperationsIn: {
            /** Operations */
            operations: components["schemas"]["OperationIn"][];
        };
        /** OperationsOut */
        OperationsOut: {
            /** Results */
            results: components["schemas"]["OperationResultOut"][];
        };
        /**
         * PoseMapIn
         * @description What of a map a person may choose.
         */
        PoseMapIn: {
            /**
             * Clusters
             * @default 8
             */
            clusters?: number;
            /**
             * Colour By
             * @default [
             *       "speed"
             *     ]
             */
            colour_by?: string[];
            /**
             * Min Confidence
             * @default 0.5
             */
            min_confidence?: number;
            /**
             * Seed
             * @default 0
             */
            seed?: number;
        };
        /** PoseMapOut */
        PoseMapOut: {
            /** Cluster Sizes */
            cluster_sizes: number[];
            /** Colour By */
            colour_by: string[];
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Id */
            id: number;
            /** Job Id */
            job_id: string | null;
            /**
             * Made By
             * @description Id of who asked for it, who may delete it; null: not known.
             */
            made_by: number | null;
            /** Model Name */
            model_name: string;
            /** Montage Url */
            montage_url: string | null;
            /** Poses */
            poses: number;
            /** Recording Name */
            recording_name: string;
            /** Result Id */
            result_id: number;
            /** Table Url */
            table_url: string;
            /** Video Id */
            video_id: number;
            /** View */
            view: string;
            /** Warnings */
            warnings: string[];
        };
        /**
         * PoseMapPointsOut
         * @description Dots by place in the lists; clusters count from 1, the largest first.
         */
        PoseMapPointsOut: {
            /** Cluster */
            cluster: number[];
            /** Frame */
            frame: number[];
            /** Individual */
            individual: string[];
            /** Numbers */
            numbers: components["schemas"]["NumbersOut"][];
            /** X */
            x: number[];
            /** Y */
            y: number[];
        };
        /**
         * PoseResultOut
         * @description `model_id` is null of predictions that were brought in; `model_name` then is the file's.
         */
        PoseResultOut: {
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Failure */
            failure: string;
            /** Frame Count */
            frame_count: number;
            /** Frames Done */
            frames_done: number;
            /** Id */
            id: number;
            /** Individuals */
            individuals: string[];
            /** Job Id */
            job_id: string | null;
            /** Keypoints */
            keypoints: string[];
            /** Model Id */
            model_id: number | null;
            /** Model Name */
            model_name: string;
            /** Recording Name */
            recording_name: string;
            /**
             * State
             * @enum {string}
             */
            state: "running" | "ready" | "failed";
            /** Video Id */
            video_id: number;
        };
        /**
         * PowerLawOut
         * @description error = a_px + b_px * labels ** -c; `noise` is how far one model strays, as a share.
         */
        PowerLawOut: {
            /** A Px */
            a_px: number;
            /** B Px */
            b_px: number;
            /** C */
            c: number;
            /** Noise */
            noise: number;
        };
        /** PredictedFrameOut */
        PredictedFrameOut: {
            /** Frame Index */
            frame_index: number;
            /**
             * Points
             * @description [individual][keypoint]: x, y in source pixels, confidence; null: no answer.
             */
            points: ([
                number,
                number,
                number
            ] | null)[][];
        };
        /** PredictionIn */
        PredictionIn: {
            /** Video Id */
            video_id: number;
        };
        /** PredictionOut */
        PredictionOut: {
            job: components["schemas"]["JobState"] | null;
            result: components["schemas"]["PoseResultOut"];
        };
        /** PredictionsIn */
        PredictionsIn: {
            /** Model Id */
            model_id: number;
        };
        /**
         * ProjectChangeIn
         * @description What to change; what is absent stays.
         */
        ProjectChangeIn: {
            /** Animals Look Alike */
            animals_look_alike?: boolean | null;
            /** Description */
            description?: string | null;
            /** Name */
            name?: string | null;
        };
        /**
         * ProjectDetailOut
         * @description A project with what its pages need.
         */
        ProjectDetailOut: {
            /** Animals */
            animals: components["schemas"]["AnimalOut"][];
            /** Animals Look Alike */
            animals_look_alike: boolean;
            /** Capabilities */
            capabilities: components["schemas"]["Capability"][];
            counts: components["schemas"]["CountsOut"];
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Description */
            description: string;
            /** Id */
            id: number;
            /** Is Demo */
            is_demo: boolean;
            /** Name */
            name: string;
            next_step: components["schemas"]["NextStepOut"];
            /** Role */
            role: string;
            skeleton: components["schemas"]["SkeletonOut"];
            /** Slug */
            slug: string;
        };
        /**
         * ProjectIn
         * @description A new project with its skeleton.
         */
        ProjectIn: {
            /**
             * Description
             * @default
             */
            description?: string;
            /** Edges */
            edges?: [
                string,
                string
            ][];
            /** Heading */
            heading?: [
                string,
                string
            ] | null;
            /** Keypoints */
            keypoints: string[];
            /** Name */
            name: string;
            /** Symmetric */
            symmetric?: [
                string,
                string
            ][];
        };
        /**
         * ProjectOut
         * @description A project in the list.
         */
        ProjectOut: {
            counts: components["schemas"]["CountsOut"];
            /** Description */
            description: string;
            /** Id */
            id: number;
            /** Is Demo */
            is_demo: boolean;
            /** Name */
            name: string;
            /** Role */
            role: string;
            /** Slug */
            slug: string;
        };
        /** ProjectRefOut */
        ProjectRefOut: {
            /** Id */
            id: number;
            /** Name */
            name: string;
            /** Slug */
            slug: string;
        };
        /**
         * ProposalIn
         * @description One of the three: a server folder, some server paths, or names of files that are to be uploaded.
         */
        ProposalIn: {
            /** Folder */
            folder?: string | null;
            /** Names */
            names?: string[] | null;
            /** Paths */
            paths?: string[] | null;
        };
        /**
         * ProposalOut
         * @description One recording as its files' names suggest it; nothing has been done yet.
         */
        ProposalOut: {
            /** Name */
            name: string;
            /** Views */
            views: components["schemas"]["ProposedViewOut"][];
        };
        /** ProposedViewOut */
        ProposedViewOut: {
            /** Path */
            path: string;
            /** Problem */
            problem: string | null;
            /** View */
            view: string;
        };
        /**
         * QualityBin
         * @description Ticks start <= tick < stop in figures; null where there is nothing to measure.
         *
         *     Attributes:
         *         known: Share of keypoints with a position in 3D.
         *         sigma_mm: Median of their standard errors.
         *         residual_px: By view, the median over ticks of the ticks' median reprojection error.
         */
        QualityBin: {
            /** Known */
            known: number;
            /** Residual Px */
            residual_px: (number | null)[];
            /** Sigma Mm */
            sigma_mm: number | null;
            /** Start */
            start: number;
            /** Stop */
            stop: number;
        };
        /**
         * QualityOut
         * @description Quality along the recording; `bins` follow one another without gaps up to `ticks_done`.
         */
        QualityOut: {
            /** Bins */
            bins: components["schemas"]["QualityBin"][];
            /** Tick Count */
            tick_count: number;
            /** Ticks Done */
            ticks_done: number;
            /** Views */
            views: string[];
        };
        /** ReconstructionIn */
        ReconstructionIn: {
            /** Model Id */
            model_id: number;
        };
        /** ReconstructionOut */
        ReconstructionOut: {
            bounds_mm: components["schemas"]["BoundsOut"] | null;
            /** Calibration Id */
            calibration_id: number;
            /** Calibration Name */
            calibration_name: string;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Failure */
            failure: string;
            /** Id */
            id: number;
            /** Individuals */
            individuals: string[];
            /** Inputs */
            inputs: components["schemas"]["InputOut"][];
            /** Job Id */
            job_id: string | null;
            /** Model Id */
            model_id: number;
            /** Model Name */
            model_name: string;
            /** Project Id */
            project_id: number;
            /** Recording Id */
            recording_id: number;
            /** Recording Name */
            recording_name: string;
            skeleton: components["schemas"]["SkeletonOut"];
            /**
             * State
             * @enum {string}
             */
            state: "running" | "ready" | "failed";
            /** Sync */
            sync: {
                [key: string]: unknown;
            };
            /** Sync Changed */
            sync_changed: boolean;
            /** Tick Count */
            tick_count: number;
            /** Ticks Done */
            ticks_done: number;
            truth_error: components["schemas"]["TruthErrorOut"] | null;
            /** Views */
            views: string[];
            /** Warnings */
            warnings: string[];
        };
        /** ReconstructionStarted */
        ReconstructionStarted: {
            job: components["schemas"]["JobState"] | null;
            reconstruction: components["schemas"]["ReconstructionOut"];
        };
        /** RecordingChangeIn */
        RecordingChangeIn: {
            /** Name */
            name: string;
        };
        /**
         * RecordingDetailOut
         * @description One recording with all that players and the 3D scene need.
         *
         *     `sync` is always there: where nobody set any, all views start together. `sync_digest` names the runs of
         *     all views: it is another one when any view is read, joins, leaves, or is placed anew.
         */
        RecordingDetailOut: {
            calibration: components["schemas"]["CalibrationInUseOut"] | null;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Id */
            id: number;
            /** Name */
            name: string;
            project: components["schemas"]["ProjectRefOut"];
            /** Session */
            session: string | null;
            sync: components["schemas"]["SyncOut"];
            /** Sync Digest */
            sync_digest: string;
            /**
             * Sync Source
             * @enum {string}
             */
            sync_source: "aligned" | "offsets" | "table";
            /** Views */
            views: components["schemas"]["ViewOut"][];
        };
        /** RecordingIn */
        RecordingIn: {
            /** Name */
            name: string;
            /** Sources */
            sources: components["schemas"]["SourceIn"][];
        };
        /** RecordingOut */
        RecordingOut: {
            calibration: components["schemas"]["UsedCalibrationOut"] | null;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Id */
            id: number;
            /** Name */
            name: string;
            /** Session */
            session: string | null;
            /**
             * Sync Source
             * @enum {string}
             */
            sync_source: "aligned" | "offsets" | "table";
            /** Ticks */
            ticks: number;
            /** Videos */
            videos: components["schemas"]["ViewOut"][];
        };
        /** RecordingSessionChoiceIn */
        RecordingSessionChoiceIn: {
            /** Recording Session Id */
            recording_session_id: number | null;
        };
        /** RecordingSessionIn */
        RecordingSessionIn: {
            /** Name */
            name: string;
        };
        /**
         * RecordingSessionOut
         * @description One sitting with one rig; recordings and calibrations say by its name that they belong to it.
         */
        RecordingSessionOut: {
            /** Id */
            id: number;
            /** Name */
            name: string;
        };
        /** RegisteredOut */
        RegisteredOut: {
            /** Job Ids */
            job_ids: string[];
            recording: components["schemas"]["RecordingOut"];
        };
        /** RenderedIn */
        RenderedIn: {
            /**
             * Name
             * @default
             */
            name?: string;
            /** Path */
            path: string;
        };
        /**
         * RenderedOut
         * @description `missing` names cameras whose video does not lie in the folder.
         */
        RenderedOut: {
            /** Job Ids */
            job_ids: string[];
            /** Missing */
            missing: string[];
            recording: components["schemas"]["RecordingOut"];
        };
        /**
         * Role
         * @description What a member is in one project; `capabilities.py` says what that allows.
         * @enum {string}
         */
        Role: "owner" | "manager" | "annotator" | "reviewer" | "viewer";
        /**
         * RoleIn
         * @description Another role.
         */
        RoleIn: {
            role: components["schemas"]["Role"];
        };
        /**
         * Since
         * @description Where to go on in a log.
         */
        Since: {
            /**
             * Since
             * @default 0
             */
            since?: number;
        };
        /**
         * SkeletonIn
         * @description Keypoints in order, and pairs of their names.
         */
        SkeletonIn: {
            /** Edges */
            edges?: [
                string,
                string
            ][];
            /** Heading */
            heading?: [
                string,
                string
            ] | null;
            /** Keypoints */
            keypoints: string[];
            /** Symmetric */
            symmetric?: [
                string,
                string
            ][];
        };
        /**
         * SkeletonOut
         * @description One version of a skeleton.
         */
        SkeletonOut: {
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Edges */
            edges: [
                string,
                string
            ][];
            /** Heading */
            heading: [
                string,
                string
            ] | null;
            /** Keypoints */
            keypoints: string[];
            /** Symmetric */
            symmetric: [
                string,
                string
            ][];
            /** Version */
            version: number;
        };
        /** SnapshotOut */
        SnapshotOut: {
            /** Checksum */
            checksum: string;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Frame Count */
            frame_count: number;
            /** Id */
            id: number;
            /** Point Count */
            point_count: number;
        };
        /** SourceIn */
        SourceIn: {
            /** Path */
            path: string;
            /**
             * View
             * @default cam-1
             */
            view?: string;
        };
        /** SuggestionOut */
        SuggestionOut: {
            /**
             * Batch
             * @description The job that proposed it, alike for a whole batch.
             */
            batch: string | null;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Frame Index */
            frame_index: number;
            /** Labelled */
            labelled: boolean;
            /** Method */
            method: string;
            /** Reasons */
            reasons: string[];
            /**
             * Score
             * @description 0..1, the larger the more worth labelling in its batch.
             */
            score: number;
        };
        /** SuggestionsIn */
        SuggestionsIn: {
            /** Count */
            count: number;
            /**
             * Method
             * @default kmeans
             * @enum {string}
             */
            method?: "kmeans" | "motion" | "uniform" | "mixed" | "model";
            /**
             * Model Id
             * @description Of the method `model`; the newest one that is ready by default.
             */
            model_id?: number | null;
        };
        /**
         * SuspectOut
         * @description A held-out label that the model, which had not seen it, is sure to find elsewhere.
         *
         *     `distance_px` is null where a person said that there is nothing.
         */
        SuspectOut: {
            /** Confidence */
            confidence: number;
            /** Distance Px */
            distance_px: number | null;
            /** Frame Index */
            frame_index: number;
            /** Individual */
            individual: string;
            /** Keypoints */
            keypoints: string[];
            /**
             * Kind
             * @enum {string}
             */
            kind: "left/right swapped" | "far from the answer" | "absent but found";
            /** Video Id */
            video_id: number;
        };
        /**
         * SuspectsOut
         * @description The first of them, how many there are in all, and each kind of fault in a sentence.
         */
        SuspectsOut: {
            /** Labels */
            labels: components["schemas"]["SuspectOut"][];
            /** Total */
            total: number;
            /** Words */
            words: string[];
        };
        /**
         * SyncIn
         * @description One of the two, or neither: all views start together.
         */
        SyncIn: {
            /**
             * Offsets
             * @description The tick of each view's first frame; only differences count.
             */
            offsets?: {
                [key: string]: number;
            } | null;
            /**
             * Table
             * @description {"ticks": N, "views": {name: [[first_tick, first_frame, length], ...]}}
             */
            table?: {
                [key: string]: unknown;
            } | null;
        };
        /**
         * SyncOut
         * @description The JSON form of the engine's SyncTable: runs [first_tick, first_frame, length] a view.
         */
        SyncOut: {
            /** Ticks */
            ticks: number;
            /** Views */
            views: {
                [key: string]: [
                    number,
                    number,
                    number
                ][];
            };
        };
        /**
         * TrainingIn
         * @description What a person chooses; unknown fields are an error, not silence.
         *
         *     Without a family it is the one that suits the project. `backbone` is a name, of the options.
         */
        TrainingIn: {
            /**
             * Backbone
             * @default auto
             */
            backbone?: string;
            /**
             * Context Frames
             * @description Frames before and after each that the network sees too.
             * @default 0
             * @enum {integer}
             */
            context_frames?: 0 | 2;
            /**
             * Family
             * @default
             */
            family?: string;
            /** Holdout */
            holdout?: string | null;
            /**
             * Members
             * @default 1
             */
            members?: number;
            /** Minutes */
            minutes?: number | null;
            /**
             * Name
             * @default
             */
            name?: string;
            /** Preset */
            preset?: ("tiny" | "fast" | "default") | null;
            /**
             * Seed
             * @default 0
             */
            seed?: number;
            /**
             * Start From
             * @description Model to go on from; preset and holdout are then its own, or left out.
             */
            start_from?: number | null;
            /**
             * Unlabelled
             * @description Videos to look at without labels, by name.
             * @default []
             */
            unlabelled?: string[];
        };
        /**
         * TrainingOptionsOut
         * @description What can be chosen for a training in this project; `family` is the one that suits it.
         *
         *     `unlabelled` names the videos that it could look at without labels, of which it takes `most_unlabelled`;
         *     `context_misfit` says why none can see the frames before and after, and is empty where one can.
         */
        TrainingOptionsOut: {
            /** Animals */
            animals: number;
            /** Animals Look Alike */
            animals_look_alike: boolean;
            /** Context Misfit */
            context_misfit: string;
            /** Families */
            families: components["schemas"]["FamilyOut"][];
            /** Family */
            family: string;
            /** Members */
            members: components["schemas"]["MembersOut"][];
            /** Most Unlabelled */
            most_unlabelled: number;
            /** Unlabelled */
            unlabelled: string[];
        };
        /** TrainingOut */
        TrainingOut: {
            job: components["schemas"]["JobState"];
            model: components["schemas"]["ModelOut"];
        };
        /**
         * TruthErrorOut
         * @description 3D error of a rendered recording, on ticks of which nobody labelled a frame for the model.
         *
         *     The figures themselves are of keypoints that two or more of the views could see; `hidden` of all others.
         *     `sigma_ratio` is 1 where sigma foretells the error.
         */
        TruthErrorOut: {
            /** By Keypoint */
            by_keypoint: {
                [key: string]: components["schemas"]["ErrorFigures"];
            };
            hidden: components["schemas"]["ErrorFigures"];
            /** Mean Mm */
            mean_mm: number | null;
            /** Median Mm */
            median_mm: number | null;
            /** Missing */
            missing: number;
            /** N */
            n: number;
            /** P95 Mm */
            p95_mm: number | null;
            /** Sigma Ratio */
            sigma_ratio: number | null;
            /** Ticks */
            ticks: number;
        };
        /** UploadIn */
        UploadIn: {
            /** Filename */
            filename: string;
            /**
             * Purpose
             * @enum {string}
             */
            purpose: "video" | "deeplabcut_zip";
            /** Size */
            size: number;
        };
        /** UploadOut */
        UploadOut: {
            /** Chunk Size */
            chunk_size: number;
            /** Filename */
            filename: string;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Job Id */
            job_id: string | null;
            /** Offset */
            offset: number;
            /**
             * Purpose
             * @enum {string}
             */
            purpose: "video" | "deeplabcut_zip";
            /** Recording Id */
            recording_id: number | null;
            /** Size */
            size: number;
            /**
             * State
             * @enum {string}
             */
            state: "receiving" | "complete";
        };
        /**
         * UploadPlaceIn
         * @description What an uploaded video becomes; nothing said: a recording of its own, called as the file.
         */
        UploadPlaceIn: {
            /**
             * Name
             * @default
             */
            name?: string;
            /** Recording Id */
            recording_id?: number | null;
            /**
             * View
             * @default
             */
            view?: string;
        };
        /**
         * UsedCalibrationOut
         * @description A calibration as one recording uses it.
         *
         *     `without_view` names cameras that the recording has no view for; `same_cameras` names pairs that stand in
         *     one place, of which at least one is wrong.
         */
        UsedCalibrationOut: {
            /** Id */
            id: number;
            /** Name */
            name: string;
            /** Same Cameras */
            same_cameras: [
                string,
                string
            ][];
            /** Views */
            views: components["schemas"]["ViewFitOut"][];
            /** Without View */
            without_view: string[];
        };
        /**
         * UserChangeIn
         * @description What an administrator of the site decides about an account.
         */
        UserChangeIn: {
            /** May Create Projects */
            may_create_projects: boolean;
        };
        /** UserOfCalibrationOut */
        UserOfCalibrationOut: {
            /** Id */
            id: number;
            /** Name */
            name: string;
        };
        /**
         * UserOut
         * @description A person with an account, and what the account may do on the whole site.
         */
        UserOut: {
            /** Email */
            email: string;
            /** Id */
            id: number;
            /** Is Admin */
            is_admin: boolean;
            /** May Create Projects */
            may_create_projects: boolean;
            /** Name */
            name: string;
        };
        /**
         * VideoOut
         * @description A video; what a player needs is null until `state` is "ready".
         */
        VideoOut: {
            /** Codec */
            codec: string | null;
            /** Coded Height */
            coded_height: number | null;
            /** Coded Width */
            coded_width: number | null;
            /** Description Base64 */
            description_base64: string | null;
            /** Failure */
            failure: string;
            /** Fps */
            fps: number | null;
            /** Frame Count */
            frame_count: number;
            /** Frame Url Template */
            frame_url_template: string | null;
            /** Frame Widths */
            frame_widths: number[];
            /** Height */
            height: number;
            /** Id */
            id: number;
            /** Index Url */
            index_url: string | null;
            /** Poster Url */
            poster_url: string | null;
            /** Proxy Url */
            proxy_url: string | null;
            /** Recording Id */
            recording_id: number;
            /** Recording Name */
            recording_name: string;
            /**
             * Source Kind
             * @enum {string}
             */
            source_kind: "video" | "images";
            /** Source Names */
            source_names: string[] | null;
            /**
             * State
             * @enum {string}
             */
            state: "pending" | "ingesting" | "ready" | "failed";
            /** View */
            view: string;
            /** Width */
            width: number;
        };
        /**
         * ViewFitOut
         * @description `unchecked`: a camera of this name is there, and the size of the video is not known yet.
         */
        ViewFitOut: {
            /**
             * Fit
             * @enum {string}
             */
            fit: "usable" | "unchecked" | "no_camera" | "wrong_size";
            /** Problem */
            problem: string | null;
            /** View */
            view: string;
        };
        /** ViewNameIn */
        ViewNameIn: {
            /** View */
            view: string;
        };
        /** ViewOrderIn */
        ViewOrderIn: {
            /** Video Ids */
            video_ids: number[];
        };
        /**
         * ViewOut
         * @description A video as a view of its recording.
         *
         *     `offset_ticks` is the tick of its frame 0 (below 0 where a table begins with a later frame), null where
         *     it has gaps or is not on the clock at all. `sync_problem` says why the common clock leaves it out, and
         *     what to do.
         */
        ViewOut: {
            /** Codec */
            codec: string | null;
            /** Coded Height */
            coded_height: number | null;
            /** Coded Width */
            coded_width: number | null;
            /** Description Base64 */
            description_base64: string | null;
            /** Failure */
            failure: string;
            /** Fps */
            fps: number | null;
            /** Frame Count */
            frame_count: number;
            /** Frame Url Template */
            frame_url_template: string | null;
            /** Frame Widths */
            frame_widths: number[];
            /** Height */
            height: number;
            /** Id */
            id: number;
            /** Index Url */
            index_url: string | null;
            /** Offset Ticks */
            offset_ticks: number | null;
            /** Poster Url */
            poster_url: string | null;
            /** Proxy Url */
            proxy_url: string | null;
            /** Recording Id */
            recording_id: number;
            /** Recording Name */
            recording_name: string;
            /**
             * Source Kind
             * @enum {string}
             */
            source_kind: "video" | "images";
            /** Source Names */
            source_names: string[] | null;
            /**
             * State
             * @enum {string}
             */
            state: "pending" | "ingesting" | "ready" | "failed";
            /** Sync Problem */
            sync_problem: string | null;
            /** Video Id */
            video_id: number;
            /** View */
            view: string;
            /** Width */
            width: number;
        };
        /**
         * Window
         * @description A half-open range of frames.
         */
        Window: {
            /**
             * Start
             * @default 0
             */
            start?: number;
            /** Stop */
            stop?: number | null;
        };
        /**
         * WindowIn
         * @description A half-open range of frames.
         */
        WindowIn: {
            /** Start */
            start: number;
            /** Stop */
            stop: number;
        };
        /**
         * WorstFrameOut
         * @description `labels_px` and `points_px` are what was measured: null in lists, and of models that kept none.
         */
        WorstFrameOut: {
            /** Frame Index */
            frame_index: number;
            /** Labels Px */
            labels_px?: (number[] | null)[][] | null;
            /** Mean Px */
            mean_px: number;
            /** Points Px */
            points_px?: (number[] | null)[][] | null;
            /** Video Id */
            video_id: number;
        };
        /**
         * WorstPointOut
         * @description Where one keypoint was farthest off.
         */
        WorstPointOut: {
            /** Distance Px */
            distance_px: number;
            /** Frame Index */
            frame_index: number;
            /** Individual */
            individual: string;
            /** Video Id */
            video_id: number;
        };
        /**
         * WritesOut
         * @description An export that can be asked for by `kind`; `misfit` says why not here, and is empty where it can.
         */
        WritesOut: {
            /** Kind */
            kind: string;
            /** Misfit */
            misfit: string;
            /** Summary */
            summary: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    animal_rename: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                animal_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnimalIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnimalOut"];
                };
            };
        };
    };
    calibration_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                calibration_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CalibrationDetailOut"];
                };
            };
        };
    };
    calibration_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                calibration_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    export_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                export_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    job_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobState"];
                };
            };
        };
    };
    job_cancel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobState"];
                };
            };
        };
    };
    job_events: {
        parameters: {
            query?: {
                since?: number;
            };
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobEventMsg"][];
                };
            };
        };
    };
    job_pause: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobState"];
                };
            };
        };
    };
    job_resume: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobState"];
                };
            };
        };
    };
    job_retry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobState"];
                };
            };
        };
    };
    pose_map_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                map_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    pose_map_points: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                map_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PoseMapPointsOut"];
                };
            };
        };
    };
    me_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserOut"];
                };
            };
        };
    };
    media_root_browse: {
        parameters: {
            query?: {
                path?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EntryOut"][];
                };
            };
        };
    };
    model_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                model_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelOut"];
                };
            };
        };
    };
    model_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                model_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    model_compare: {
        parameters: {
            query: {
                other: number;
            };
            header?: never;
            path: {
                model_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ComparisonOut"];
                };
            };
        };
    };
    model_learning: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                model_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LearningOut"];
                };
            };
        };
    };
    prediction_start: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                model_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PredictionIn"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PredictionOut"];
                };
            };
        };
    };
    project_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectOut"][];
                };
            };
        };
    };
    project_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProjectIn"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectDetailOut"];
                };
            };
        };
    };
    project_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectDetailOut"];
                };
            };
        };
    };
    project_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    project_update: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProjectChangeIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectDetailOut"];
                };
            };
        };
    };
    animals_ensure: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnimalsIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnimalOut"][];
                };
            };
        };
    };
    calibration_list: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CalibrationOut"][];
                };
            };
        };
    };
    calibration_create: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CalibrationIn"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CalibrationDetailOut"];
                };
            };
        };
    };
    demo_labels_apply: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DemoLabelsOut"];
                };
            };
        };
    };
    export_list: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportOut"][];
                };
            };
        };
    };
    export_start: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExportIn"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobState"];
                };
            };
        };
    };
    format_list: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FormatOut"][];
                };
            };
        };
    };
    import_deeplabcut: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeepLabCutImportIn"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobState"];
                };
            };
        };
    };
    job_list: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobState"][];
                };
            };
        };
    };
    project_learning: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LearningOut"];
                };
            };
        };
    };
    pose_map_list: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PoseMapOut"][];
                };
            };
        };
    };
    member_list: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberOut"][];
                };
            };
        };
    };
    member_invite: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InviteIn"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InvitedOut"];
                };
            };
        };
    };
    member_remove: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
                user_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    member_set_role: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
                user_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RoleIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberOut"];
                };
            };
        };
    };
    model_list: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelOut"][];
                };
            };
        };
    };
    model_train: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TrainingIn"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrainingOut"];
                };
            };
        };
    };
    reconstruction_list: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReconstructionOut"][];
                };
            };
        };
    };
    recording_session_list: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordingSessionOut"][];
                };
            };
        };
    };
    recording_session_create: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RecordingSessionIn"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordingSessionOut"];
                };
            };
        };
    };
    recording_list: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordingOut"][];
                };
            };
        };
    };
    recording_register: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RecordingIn"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegisteredOut"];
                };
            };
        };
    };
    recording_register_folder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FolderIn"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FolderFileOut"][];
                };
            };
        };
    };
    recording_register_groups: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GroupsIn"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GroupOut"][];
                };
            };
        };
    };
    recording_propose: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProposalIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalOut"][];
                };
            };
        };
    };
    recording_register_rendered: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RenderedIn"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RenderedOut"];
                };
            };
        };
    };
    result_list: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PoseResultOut"][];
                };
            };
        };
    };
    skeleton_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SkeletonOut"];
                };
            };
        };
    };
    skeleton_replace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SkeletonIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SkeletonOut"];
                };
            };
        };
    };
    training_options: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrainingOptionsOut"];
                };
            };
        };
    };
    upload_start: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UploadIn"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadOut"];
                };
            };
        };
    };
    reconstruction_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reconstruction_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReconstructionOut"];
                };
            };
        };
    };
    reconstruction_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reconstruction_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    reconstruction_quality: {
        parameters: {
            query?: {
                bins?: number;
            };
            header?: never;
            path: {
                reconstruction_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QualityOut"];
                };
            };
        };
    };
    reconstruction_residuals: {
        parameters: {
            query: {
                start: number;
                stop: number;
            };
            header?: never;
            path: {
                reconstruction_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    reconstruction_window: {
        parameters: {
            query: {
                start: number;
                stop: number;
            };
            header?: never;
            path: {
                reconstruction_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    recording_session_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                recording_session_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    recording_session_rename: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                recording_session_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RecordingSessionIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordingSessionOut"];
                };
            };
        };
    };
    recording_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                recording_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordingDetailOut"];
                };
            };
        };
    };
    recording_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                recording_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    recording_rename: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                recording_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RecordingChangeIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordingOut"];
                };
            };
        };
    };
    recording_calibrate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                recording_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CalibrationChoiceIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordingDetailOut"];
                };
            };
        };
    };
    predictions_start: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                recording_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PredictionsIn"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PoseResultOut"][];
                };
            };
        };
    };
    reconstruction_start: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                recording_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReconstructionIn"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReconstructionStarted"];
                };
            };
        };
    };
    recording_session_assign: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                recording_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RecordingSessionChoiceIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordingDetailOut"];
                };
            };
        };
    };
    recording_sync: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                recording_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SyncIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordingDetailOut"];
                };
            };
        };
    };
    view_add: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                recording_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SourceIn"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegisteredOut"];
                };
            };
        };
    };
    view_order: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                recording_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ViewOrderIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordingDetailOut"];
                };
            };
        };
    };
    result_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                result_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PoseResultOut"];
                };
            };
        };
    };
    result_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                result_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    result_doubts: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                result_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoubtsOut"];
                };
            };
        };
    };
    film_start: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                result_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FilmIn"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobState"];
                };
            };
        };
    };
    pose_map_start: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                result_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PoseMapIn"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobState"];
                };
            };
        };
    };
    result_window: {
        parameters: {
            query: {
                start: number;
                stop: number;
            };
            header?: never;
            path: {
                result_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    upload_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                upload_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadOut"];
                };
            };
        };
    };
    upload_discard: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                upload_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    upload_append: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                upload_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadOut"];
                };
            };
        };
    };
    upload_complete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                upload_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["UploadPlaceIn"] | null;
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadOut"];
                };
            };
        };
    };
    user_set_may_create_projects: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserChangeIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserOut"];
                };
            };
        };
    };
    video_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                video_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VideoOut"];
                };
            };
        };
    };
    view_remove: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                video_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    view_rename: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                video_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ViewNameIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VideoOut"];
                };
            };
        };
    };
    frame_prediction_list: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                video_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelFramesOut"][];
                };
            };
        };
    };
    operation_history: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                frame_index: number;
                video_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HistoryOut"][];
                };
            };
        };
    };
    label_list: {
        parameters: {
            query?: {
                start?: number;
                stop?: number | null;
            };
            header?: never;
            path: {
                video_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InstanceOut"][];
                };
            };
        };
    };
    label_summary: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                video_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelSummaryOut"];
                };
            };
        };
    };
    operation_apply: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                video_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OperationsIn"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OperationsOut"];
                };
            };
        };
    };
    video_results: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                video_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PoseResultOut"][];
                };
            };
        };
    };
    suggestion_list: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                video_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuggestionOut"][];
                };
            };
        };
    };
    suggestion_start: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                video_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SuggestionsIn"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobState"];
                };
            };
        };
    };
    suggestion_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                frame_index: number;
                video_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}
